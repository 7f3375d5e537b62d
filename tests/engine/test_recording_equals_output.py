"""A recording is what was played, sample for sample and all channels, in files that never take another's place."""

import wave
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from engine.clock import VirtualClock
from engine.errors import UserError
from engine.sound.mixer import TICK, Mixer
from engine.sound.recorder import Recorder
from engine.sound.spatial import STEREO, Layout
from tests.engine.mixing import RATE, noise, parameters

SIX = Layout("six", (30.0, -30.0, 0.0, 180.0, 110.0, -110.0))
SIXTEEN = Layout("sixteen", tuple(180 - 22.5 * n for n in range(16)))


def mixer(layout: Layout = STEREO) -> Mixer:
    """Return a mixer that plays noise."""
    made = Mixer(RATE, parameters(), 1, layout=layout)
    made.load(0, noise(1.0, 2))
    assert made.start(0, 0, 1, 0)
    return made


class Recording:
    """A recorder without its thread; the test turns the knob and lets it step."""

    def __init__(self, mixer: Mixer, destination: Path, say: Callable[[str], None] = pytest.fail) -> None:
        self.wanted = True
        self.clock = VirtualClock()
        self.recorder = Recorder(mixer.tape, RATE, destination, "A set: 1/2", lambda: self.wanted, say, self.clock)

    def step(self) -> None:
        self.recorder.step()

    def end(self) -> None:
        self.wanted = False
        self.recorder.step()


def rounded(played: NDArray[np.float32]) -> NDArray[np.int32]:
    """Return what 24 bits hold of it."""
    return np.rint(played * np.float32(2**23)).astype(np.int32)


def read(file: Path) -> NDArray[np.int32]:
    """Return the 24-bit samples of `file` [frames, channels]."""
    samples, rate = soundfile.read(file, dtype="int32", always_2d=True)
    assert rate == RATE
    return np.asarray(samples >> 8)


@pytest.mark.parametrize("name", ["set.wav", "set.flac"])
@pytest.mark.parametrize("layout", [STEREO, SIX], ids=["2", "6"])
def test_every_sample_of_every_channel_is_there_in_24_bits(tmp_path: Path, name: str, layout: Layout) -> None:
    playing = mixer(layout)
    recording = Recording(playing, tmp_path / name, lambda line: None)
    playing.process(10 * TICK)  # before the knob is turned
    recording.step()
    played = []
    for frames in (1, 63, 5000, 17, 48_000, 20_967):  # whole ticks in the end
        played.append(playing.process(frames))
        recording.step()
    recording.end()
    playing.process(10 * TICK)  # and after
    expected = rounded(np.concatenate(played))
    assert np.abs(expected[:, :2]).max() > 2**20
    np.testing.assert_array_equal(read(tmp_path / name), expected)
    assert recording.recorder.dropped == 0


def test_silence_is_recorded_too(tmp_path: Path) -> None:
    resting = Mixer(RATE, parameters())
    recording = Recording(resting, tmp_path / "set.wav", lambda line: None)
    recording.step()
    resting.process(RATE)
    recording.end()
    assert not read(tmp_path / "set.wav").any()
    assert soundfile.info(tmp_path / "set.wav").frames == RATE


@pytest.mark.parametrize("layout", [STEREO, SIX], ids=["2", "6"])
def test_other_programs_read_it_alike(tmp_path: Path, layout: Layout) -> None:
    playing = mixer(layout)
    recording = Recording(playing, tmp_path / "set.wav", lambda line: None)
    recording.step()
    played = rounded(playing.process(RATE))
    recording.end()
    with av.open(str(tmp_path / "set.wav")) as container:
        assert container.streams.audio[0].codec_context.channels == layout.channels
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    np.testing.assert_array_equal(np.concatenate(frames, 1).reshape(-1, layout.channels) >> 8, played)
    if layout is STEREO:  # Python's own reader knows no extensible format before 3.12
        with wave.open(str(tmp_path / "set.wav")) as file:
            assert file.getparams()[:4] == (2, 3, RATE, RATE)


def test_each_recording_has_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "set.wav").write_bytes(b"somebody's")
    playing = mixer()
    said: list[str] = []
    recording = Recording(playing, tmp_path / "set.wav", said.append)
    for number in (2, 3):
        recording.wanted = True
        recording.step()
        played = rounded(playing.process(100 * TICK))
        recording.end()
        np.testing.assert_array_equal(read(tmp_path / f"set-{number}.wav"), played)
    assert (tmp_path / "set.wav").read_bytes() == b"somebody's"
    assert said == [f"recording to {tmp_path / f'set-{number}.wav'}" for number in (2, 3)]


def test_in_a_folder_files_are_named_after_show_and_time(tmp_path: Path) -> None:
    playing = mixer()
    recording = Recording(playing, tmp_path / "recordings", lambda line: None)
    for _ in range(2):
        recording.wanted = True
        recording.step()
        playing.process(TICK)
        recording.end()
    names = sorted(file.name for file in (tmp_path / "recordings").iterdir())
    assert len(names) == 2
    for name in names:
        assert name.startswith("A set_ 1_2 20") and name.endswith(".wav")


def test_more_channels_than_flac_has_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"set\.flac.* up to 8 channels.* has 16; expected .*\.wav"):
        Recording(mixer(SIXTEEN), tmp_path / "set.flac")


@pytest.mark.parametrize("name", ["set.wav", "set.flac"])
def test_what_a_slow_disk_loses_is_counted_and_silence_keeps_the_time(tmp_path: Path, name: str) -> None:
    layout = SIXTEEN if name == "set.wav" else SIX
    playing = mixer(layout)
    recording = Recording(playing, tmp_path / name, lambda line: None)
    recording.step()
    before = playing.process(100 * TICK)
    recording.step()
    later = playing.process(playing.tape.capacity + RATE // TICK * TICK)
    recording.end()
    recorded = read(tmp_path / name)
    expected = rounded(np.concatenate([before, later]))
    dropped = recording.recorder.dropped
    assert 0 < dropped < len(later)
    assert recorded.shape == expected.shape
    lost = slice(len(before), len(before) + dropped)
    assert not recorded[lost].any()
    expected[lost] = 0
    np.testing.assert_array_equal(recorded, expected)
