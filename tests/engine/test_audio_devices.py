"""Devices are found by name, wrong names are explained, and files serve as microphone and speakers."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.errors import UserError
from engine.shared import Session
from engine.sound.audio import Audio, open_audio
from engine.sound.callback import BLOCKS
from engine.sound.devices import BACKENDS, Device, DeviceError, backend, channels_for, find, list_devices
from engine.sound.mixer import Mixer
from engine.sound.spatial import parse_layout
from tests.engine.mixing import noise, parameters, playing
from tests.servers import until

RATE = 48_000
ALSA, JACK, WASAPI, MME = "ALSA", "JACK Audio Connection Kit", "Windows WASAPI", "MME"
DEVICES = [
    Device(0, "Speakers (Focusrite USB)", MME, 0, 2, 44100, False, True),
    Device(1, "HDA Intel PCH: ALC257 Analog (hw:0,0)", ALSA, 2, 2, 44100, False, False),
    Device(2, "pulse", ALSA, 32, 32, 44100, False, False),
    Device(3, "default", ALSA, 32, 32, 44100, True, True),
    Device(4, "system", JACK, 2, 2, 48000, True, True),
    Device(5, "system two", JACK, 0, 8, 48000, False, False),
    Device(6, "Speakers (Focusrite USB)", WASAPI, 0, 2, 48000, False, True),
    Device(7, "Microphone (Focusrite USB)", WASAPI, 2, 0, 48000, True, False),
]


@pytest.mark.parametrize(("asked", "direction", "index"), [
    ("", "output", 3), ("default", "input", 3), ("jack:", "output", 4), ("JACK:default", "input", 4),
    ("jack:system", "output", 4), ("jack:SYSTEM T", "output", 5), ("alsa:pulse", "input", 2), ("alc257", "output", 1),
    ("HDA Intel PCH: ALC257", "output", 1), ("wasapi:focusrite", "output", 6), ("wasapi:focusrite", "input", 7),
    ("mme:focusrite", "output", 0), ("Microphone", "input", 7),
])
def test_devices_are_found_by_name(asked: str, direction: str, index: int) -> None:
    assert find(DEVICES, ALSA, asked, direction).index == index  # type: ignore[arg-type]


def test_the_systems_own_host_api_is_preferred_among_equal_names() -> None:
    assert find(DEVICES, WASAPI, "focusrite", "output").index == 6
    assert find(DEVICES, MME, "focusrite", "output").index == 0


def test_an_unknown_device_is_explained() -> None:
    with pytest.raises(DeviceError) as error:
        find(DEVICES, ALSA, "wasapi:behringer", "input")
    message = str(error.value)
    assert "wasapi:behringer" in message
    assert "Windows WASAPI: Microphone (Focusrite USB)" in message
    assert "Speakers" not in message  # it can't hear
    assert "phonoscope devices" in message
    assert not error.value.retry


def test_a_missing_jack_server_or_default_device_may_come_back() -> None:
    with pytest.raises(DeviceError, match="no JACK server") as error:
        find(DEVICES[:4], ALSA, "jack:system", "output")
    assert error.value.retry
    with pytest.raises(DeviceError, match="default audio input") as error:
        find([], "", "", "input")
    assert error.value.retry


def test_an_unknown_backend_is_explained() -> None:
    with pytest.raises(UserError, match="sounddevice, pyaudio"):
        backend("asound")


@pytest.mark.parametrize(("layout", "outputs", "taken"), [
    ("stereo", 2, 2), ("stereo", 8, 2), ("stereo", 1, 1), ("mono", 2, 1), ("quad", 4, 4), ("ring8", 10, 8),
    ("binaural", 2, 2),
])
def test_a_layout_takes_the_channels_that_it_has(layout: str, outputs: int, taken: int) -> None:
    device = Device(0, "UMC1820", ALSA, 0, outputs, 48000, False, False)
    assert channels_for(parse_layout(layout), device) == taken


@pytest.mark.parametrize(("layout", "outputs", "fitting"), [("5.1", 4, "mono, stereo, quad, ambisonic, binaural"),
                                                            ("binaural", 1, "mono"), ("0 90 180", 2, "stereo")])
def test_a_device_with_too_few_channels_is_told_with_what_fits(layout: str, outputs: int, fitting: str) -> None:
    wanted = parse_layout(layout)
    with pytest.raises(DeviceError) as error:
        channels_for(wanted, Device(0, "UMC1820", ALSA, 0, outputs, 48000, False, False))
    for part in ("UMC1820", f"{outputs} output channel", wanted.name, f"needs {wanted.channels}", "--layout", fitting):
        assert part in str(error.value)
    assert not error.value.retry


def test_a_file_has_the_channels_of_the_layout(session: Session, tmp_path: Path) -> None:
    for layout in ("ring8", "mono"):
        mixer = Mixer(RATE, parameters(), layout=parse_layout(layout))
        audio = open_audio(str(tmp_path / "out.wav"), "null", "sounddevice", RATE, 256, mixer, session.input,
                           pytest.fail)
        start = session.input.written
        audio.start()
        until(lambda start=start: session.input.written > start, 20, "frames pass")
        audio.close()
        assert soundfile.info(tmp_path / "out.wav").channels == mixer.layout.channels


def test_every_backend_lists_its_devices() -> None:
    for row in list_devices():
        assert row["backend"] in BACKENDS
        assert row["name"]


def run(session: Session, output: str, input: str, frames: int, resumes: bool = False) -> Audio:
    """Play and hear `frames` frames through files or null devices."""
    mixer = playing(parameters(), noise(1.0, 2))
    audio = open_audio(output, input, "sounddevice", RATE, 256, mixer, session.input, pytest.fail, resumes)
    start = session.input.written
    audio.start()
    until(lambda: session.input.written >= start + frames, 20, "frames pass")
    audio.close()
    return audio


def test_null_devices_hear_silence_at_the_clocks_pace(session: Session) -> None:
    audio = run(session, "null", "null", 24_000)
    heard = session.input.read(0, 24_000)
    assert heard is not None
    assert not heard.any()
    assert audio.played is audio.heard
    assert audio.latency_ms == pytest.approx(256 / 48)


def test_a_file_is_heard_sample_exact_and_again_from_its_beginning(session: Session, tmp_path: Path) -> None:
    sound = noise(0.213, 2)
    soundfile.write(tmp_path / "mic.wav", sound, RATE, "FLOAT")
    run(session, "null", str(tmp_path / "mic.wav"), 2 * len(sound))
    heard = session.input.read(0, 2 * len(sound))
    assert heard is not None
    np.testing.assert_array_equal(heard, np.concatenate([sound, sound]))


def test_a_file_of_another_rate_is_heard_at_its_pitch(session: Session, tmp_path: Path) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(44_100) / 44_100)
    soundfile.write(tmp_path / "mic.flac", tone, 44_100)
    run(session, "null", str(tmp_path / "mic.flac"), 40_000)
    heard = session.input.read(4_000, 32_000)
    assert heard is not None
    spectrum = np.abs(np.fft.rfft(heard[:, 0] * np.hanning(len(heard))))
    assert np.argmax(spectrum) * RATE / len(heard) == pytest.approx(1000, abs=2)


def test_what_is_played_is_in_the_file_and_after_a_restart_in_its_next_part(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    expected = playing(parameters(), noise(1.0, 2)).process(24_000)
    first = run(session, str(path), "null", 24_000)
    assert soundfile.info(path).frames == first.played.counters[BLOCKS] * 256
    np.testing.assert_allclose(soundfile.read(path, 24_000)[0], expected, atol=1e-6)
    second = run(session, str(path), "null", 24_000, resumes=True)
    assert soundfile.info(path).frames == first.played.counters[BLOCKS] * 256
    assert soundfile.info(tmp_path / "out-2.wav").frames == second.played.counters[BLOCKS] * 256


@pytest.mark.parametrize(("output", "input", "why"), [
    ("null", "{}/none.wav", "none.wav"), ("null", "{}/text.wav", "text.wav"), ("null", "{}/empty.wav", "no sound"),
    ("{}/no/folder/out.wav", "null", "can't be written"), ("{}/out.flac", "null", "only"),
])
def test_files_that_cannot_serve_are_explained(session: Session, tmp_path: Path, output: str, input: str,
                                               why: str) -> None:
    (tmp_path / "text.wav").write_text("no sound at all")
    soundfile.write(tmp_path / "empty.wav", np.zeros((0, 1)), RATE)
    with pytest.raises(DeviceError, match=why) as error:
        run(session, output.format(tmp_path), input.format(tmp_path), 1)
    assert not error.value.retry


def test_an_input_that_vanished_does_not_stop_the_music(session: Session, tmp_path: Path) -> None:
    said: list[str] = []
    mixer = playing(parameters(), noise(1.0, 2))
    audio = open_audio("null", str(tmp_path / "gone.wav"), "sounddevice", RATE, 256, mixer, session.input, said.append,
                       resumes=True)
    audio.start()
    until(lambda: session.input.written >= 4800, 20, "silence is heard")
    audio.close()
    assert audio.input_missing
    assert "gone.wav" in said[0]
