"""Offline rendering: the same inputs and seed give the same samples, and what happened is told."""

import json
import subprocess
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import soundfile

from tests.dreams import write_dream
from tests.instrument import command

RATE = 22050
SECONDS = 3.0


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a microphone recording of two claps and a video with a cut at its middle."""
    folder = tmp_path_factory.mktemp("recordings")
    generator = np.random.default_rng(3)
    sound = 1e-3 * generator.standard_normal(int(SECONDS * RATE))
    for clap in (1.0, 2.2):
        at = int(clap * RATE)
        sound[at:at + 1500] += generator.standard_normal(1500) * np.exp(-np.arange(1500) / 300) * 0.5
    soundfile.write(folder / "mic.wav", sound, RATE)
    video = cv2.VideoWriter(str(folder / "camera.mp4"), cv2.VideoWriter_fourcc(*"mp4v"), 10, (320, 180))
    rows, columns = np.mgrid[:180, :320]
    sea = np.dstack([200 - rows, 120 + 0 * rows, 60 + rows // 2]).astype(np.uint8)
    forest = np.dstack([20 + 0 * rows, 90 + 60 * ((columns // 12) % 2), 30 + 0 * rows]).astype(np.uint8)
    for frame in range(30):
        video.write(sea if frame < 15 else forest)
    video.release()
    return folder


def render(recordings: Path, out: Path, *options: object) -> dict:
    """Render the recordings to `out` and return what --json prints."""
    done = subprocess.run(command("render", "--camera", recordings / "camera.mp4", "--mic", recordings / "mic.wav",
                                  "--out", out, "--json", *options), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def rendered(recordings: Path) -> dict:
    return render(recordings, recordings / "first.wav", "--seed", 5)


def test_the_same_seed_gives_the_same_samples_and_another_does_not(recordings: Path, rendered: dict) -> None:
    again = render(recordings, recordings / "second.wav", "--seed", 5)
    other = render(recordings, recordings / "other.wav", "--seed", 6)
    assert (recordings / "first.wav").read_bytes() == (recordings / "second.wav").read_bytes()
    assert again["sha256"] == rendered["sha256"] != other["sha256"]


def test_it_lasts_as_long_as_the_microphone_and_sounds(recordings: Path, rendered: dict) -> None:
    samples, rate = soundfile.read(recordings / "first.wav")
    assert (rate, samples.shape) == (48000, (SECONDS * 48000, 2))
    assert rendered["samples"] == len(samples)
    assert np.isfinite(samples).all()
    assert np.sqrt(np.mean(samples[48000:] ** 2)) > 1e-3


def test_claps_and_the_cut_are_found_where_they_are(rendered: dict) -> None:
    assert [pytest.approx(clap, abs=0.012) for clap in (1.0, 2.2)] == rendered["onsets"]
    assert rendered["cuts"] == [pytest.approx(1.5, abs=0.11)]
    assert {"t", "layer", "clip", "class", "kl"} <= rendered["layers"][0].keys()
    assert {start["azimuth"] for start in rendered["layers"]} == {0}


def test_of_a_panorama_and_a_second_camera_each_direction_has_its_layer(recordings: Path) -> None:
    panorama = np.random.default_rng(0).integers(0, 255, (64, 128, 3), np.uint8)
    cv2.imwrite(str(recordings / "round.png"), cv2.resize(panorama, (1024, 512)))
    happened = render(recordings, recordings / "around.wav", "--camera", f"panorama:{recordings / 'round.png'}@45")
    first = {start["layer"]: start["azimuth"] for start in happened["layers"]}
    assert first == {1: 0, 2: 45, 3: 135, 4: -135, 5: -45}
    assert len({start["clip"] for start in happened["layers"][:5]}) == 5


def test_a_wav_has_the_channels_of_the_layout(recordings: Path) -> None:
    told = render(recordings, recordings / "around.wav", "--layout", "45 -45 135 -135 0")
    with soundfile.SoundFile(recordings / "around.wav") as file:
        assert file.channels == 5
        assert np.abs(file.read()).max() > 1e-3
        assert file.frames == told["samples"]


def test_an_mp4_holds_pictures_and_sound(recordings: Path) -> None:
    render(recordings, recordings / "film.mp4")
    with av.open(str(recordings / "film.mp4")) as film:
        assert sum(1 for _ in film.decode(video=0)) == 30
    with av.open(str(recordings / "film.mp4")) as film:
        assert sum(frame.samples for frame in film.decode(audio=0)) >= SECONDS * 48000


def test_the_dream_of_the_microphone_is_the_same_for_the_same_seed(recordings: Path) -> None:
    model = write_dream(recordings / "tiny.ts")
    (recordings / "dream.toml").write_text(
        f'[dream]\nmodel = "{model}"\nwidth = 96\nheight = 64\n[parameters.dream]\nrate = 10\npalette = 0.5\n')

    def dreamt(seed: int) -> str:
        told = render(recordings, recordings / "heard.wav", recordings / "dream.toml", "--seed", seed,
                      "--dream", recordings / "dream.mp4")
        with av.open(str(recordings / "dream.mp4")) as film:
            assert film.streams.audio[0].duration * film.streams.audio[0].time_base == pytest.approx(SECONDS, abs=0.1)
            shown = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
        assert np.shape(shown) == (30, 64, 96, 3) and np.std(shown, axis=0).mean() > 2
        return str(told["dream_sha256"])

    first = dreamt(5)
    assert dreamt(5) == first != dreamt(6)


@pytest.mark.parametrize(("option", "value", "message"), [
    ("--out", "film.avi", ".wav or .mp4"),
    ("--dream", "film.avi", "expected a name that ends in .mp4"),
    ("--camera", "missing.mp4", "missing.mp4"),
    ("--mic", "missing.wav", "missing.wav"),
    ("--layout", "octo", "expected mono, stereo"),
    ("--layout", "quad", "an .mp4 holds two channels, the layout has 4"),
])
def test_what_is_wrong_is_named(recordings: Path, option: str, value: str, message: str) -> None:
    options = {"--camera": recordings / "camera.mp4", "--mic": recordings / "mic.wav",
               "--out": recordings / ("x.mp4" if value == "quad" else "x.wav"),
               option: value if option == "--layout" else recordings / value}
    done = subprocess.run(command("render", *(word for pair in options.items() for word in pair)),
                          capture_output=True, text=True)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
