"""`phonoscope dream`: an album or a film of a sound, the same for the same seed, and never a broken file."""

import json
import signal
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
import soundfile

from bridge import recording
from bridge.cli import main
from engine import files
from engine.modelfile import shipped_model
from tests.dreams import write_dream

RATE = 22_050
SECONDS = 2.2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds a tiny model and a sound: a low tone, then from 1 s on a high one in one of two channels."""
    folder = tmp_path_factory.mktemp("dream")
    write_dream(folder / "tiny.ts")
    t = np.arange(int(SECONDS * RATE)) / RATE
    sound = 0.3 * np.sin(2 * np.pi * np.where(t < 1, 220, 3000) * t)
    soundfile.write(folder / "tones.wav", np.column_stack([sound, sound * (t < 1)]), RATE)
    return folder


def dream(capsys: pytest.CaptureFixture[str], folder: Path, out: Path, *options: object) -> dict[str, Any]:
    arguments = ["dream", str(folder / "tones.wav"), "-o", str(out), "--model", str(folder / "tiny.ts"), "--json"]
    assert main([*arguments, *map(str, options)]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_an_album_has_a_picture_for_each_half_second(capsys: pytest.CaptureFixture[str], folder: Path,
                                                     tmp_path: Path) -> None:
    told = dream(capsys, folder, tmp_path / "new" / "album")
    assert [frame["t"] for frame in told["frames"]] == [0, 0.5, 1, 1.5, 2]
    assert sorted((tmp_path / "new" / "album").iterdir()) == [Path(frame["file"]) for frame in told["frames"]]
    low, _, high, higher, _ = (cv2.imread(frame["file"]).astype(float) for frame in told["frames"])
    assert low.shape == (64, 64, 3)  # the model's largest
    assert np.abs(high - low).mean() > 1.5 * np.abs(higher - high).mean()
    assert told["seconds"] == pytest.approx(SECONDS) and told["model"] == "tiny" and len(told["sha256"]) == 64


def test_the_seed_decides(capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path) -> None:
    def pixels(name: str, seed: int) -> list[bytes]:
        told = dream(capsys, folder, tmp_path / name, "--seed", seed, "--every", 1)
        return [Path(frame["file"]).read_bytes() for frame in told["frames"]]

    first = pixels("a", 5)
    assert len(first) == 3 and first == pixels("b", 5) != pixels("c", 6)


def test_a_film_lasts_as_long_as_its_sound_and_holds_it(capsys: pytest.CaptureFixture[str], folder: Path,
                                                        tmp_path: Path) -> None:
    told = dream(capsys, folder, tmp_path / "film.mp4")
    assert len(told["frames"]) == 55 and told["frames"][1] == {"t": 0.04, "file": str(tmp_path / "film.mp4")}
    with av.open(str(tmp_path / "film.mp4")) as film:
        shown = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert len(shown) == 55 and shown[0].shape == (512, 512, 3)
    assert np.abs(shown[0] - shown[-1].astype(float)).mean() > 3
    with av.open(str(tmp_path / "film.mp4")) as film:
        heard = np.concatenate([frame.to_ndarray() for frame in film.decode(audio=0)], axis=1)
    assert heard.shape[1] / 48_000 == pytest.approx(SECONDS, abs=0.1) and heard.max() > 0.2
    slow = dream(capsys, folder, tmp_path / "slow.mp4", "--every", 0.5)
    assert [frame["t"] for frame in slow["frames"]] == [0, 0.5, 1, 1.5, 2]


@pytest.mark.parametrize("name", ["film.mp4", "album"])
def test_ctrl_c_leaves_no_broken_file(capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path, name: str,
                                      monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes while the third picture is written."""
    written = []

    def interrupted(file: object) -> None:
        written.append(file)
        if len(written) == 3:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(files, "sync", interrupted)
    monkeypatch.setattr(recording._Mp4, "picture", lambda self, picture, t: interrupted(t))
    assert main(["dream", str(folder / "tones.wav"), "-o", str(tmp_path / name), "--model",
                 str(folder / "tiny.ts")]) == 130
    left = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(left) == ([] if name == "film.mp4" else ["0000.png", "0001.png"])


@pytest.mark.parametrize(("change", "said"), [
    ({"sound": "none.wav"}, "there is no such file"),
    ({"-o": "film.avi"}, "expected a folder, or a name that ends in .mp4"),
    ({"-o": "tones.wav/film.mp4"}, "can't be written"),
    ({"-o": "tones.wav/album"}, "can't be written"),
    ({"--model": "none"}, "model file none: No such file"),
    ({"--model": str(shipped_model("eye"))}, "expected 'dream', got 'eye'"),
])
def test_what_is_wrong_is_said(capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch,
                               change: dict[str, str], said: str) -> None:
    monkeypatch.chdir(folder)
    options = {"sound": "tones.wav", "-o": "out", "--model": "tiny.ts"} | change
    sound = options.pop("sound")
    assert main(["dream", sound, *(word for pair in options.items() for word in pair)]) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("option", [("--every", "0"), ("--every", "never"), ("--seed", "-1")])
def test_what_is_misspelt_is_refused_before_anything_is_done(capsys: pytest.CaptureFixture[str], folder: Path,
                                                             tmp_path: Path, option: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as exit:
        dream(capsys, folder, tmp_path / "out", *option)
    assert exit.value.code == 2 and option[1] in capsys.readouterr().err and not (tmp_path / "out").exists()
