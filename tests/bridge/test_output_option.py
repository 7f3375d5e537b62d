"""How outputs are asked for: on the command line and in a show file."""

import argparse
from pathlib import Path

import pytest

from bridge.commands.play import _override, add_arguments
from engine.errors import UserError
from engine.show import OutputConfig, Show, parse_output
from engine.showfile import ShowError, load_show


@pytest.mark.parametrize(("text", "expected"), [
    ("mmap", OutputConfig("mmap")),
    ("jitter:10.0.0.2:7474", OutputConfig("jitter", "10.0.0.2:7474")),
    ("mjpeg@camera", OutputConfig("mjpeg", "", "camera")),
    ("stream@dream:rtsp://me@host/live", OutputConfig("stream", "rtsp://me@host/live")),
    (r"file@camera:C:\films\a.mp4", OutputConfig("file", r"C:\films\a.mp4", "camera")),
])
def test_kind_picture_and_target_are_told_apart(text: str, expected: OutputConfig) -> None:
    assert parse_output(text) == expected


@pytest.mark.parametrize("text", ["", "jiter:x", "mjpeg@webcam", ":x", "mjpeg@"])
def test_a_misspelt_output_is_refused_with_the_kinds_there_are(text: str) -> None:
    with pytest.raises(UserError, match=r"expected KIND, KIND:TARGET .* mmap, sharedmem, jitter"):
        parse_output(text)


def test_a_misspelt_stream_is_refused_without_its_password() -> None:
    with pytest.raises(UserError, match="output 'strem'") as error:
        parse_output("strem:rtsp://me:secret@host/live")
    assert "secret" not in str(error.value)


def test_the_command_line_wins_over_the_show() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    show = Show(outputs=(OutputConfig("ndi"),))
    assert _override(show, parser.parse_args([])).outputs == show.outputs
    args = parser.parse_args(["--output", "mmap", "--output", "mjpeg@camera"])
    assert [output.kind for output in _override(show, args).outputs] == ["mmap", "mjpeg"]
    with pytest.raises(UserError, match="expected up to 8, got 9"):
        _override(show, parser.parse_args(["--output", "mmap"] * 9))


def test_files_of_a_show_lie_beside_it_and_addresses_stay_as_they_are(tmp_path: Path) -> None:
    show = tmp_path / "show.toml"
    show.write_text('[[outputs]]\nkind = "file"\ntarget = "films/a.mp4"\n[[outputs]]\nkind = "mmap"\n'
                    '[[outputs]]\nkind = "jitter"\ntarget = "10.0.0.2:7474"\npicture = "camera"\nrate = 25\n')
    assert load_show(show).outputs == (OutputConfig("file", str(tmp_path / "films/a.mp4")), OutputConfig("mmap"),
                                       OutputConfig("jitter", "10.0.0.2:7474", "camera", 25))


def test_a_show_with_an_output_that_is_none_is_refused(tmp_path: Path) -> None:
    show = tmp_path / "show.toml"
    show.write_text('[[outputs]]\nkind = "jiter"\n[[outputs]]\ntarget = "a"\n[[outputs]]\nkind = "mmap"\nrate = 0\n'
                    'picture = "both"\n')
    with pytest.raises(ShowError) as error:
        load_show(show)
    said = str(error.value)
    for what in ("outputs[0].kind", "outputs[1]", "expected the key kind", "outputs[2].rate", "outputs[2].picture"):
        assert what in said
