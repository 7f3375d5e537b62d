"""Recordings as they really come: every format, many channels, cut off, empty, not audio at all."""

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from engine.audiofile import decode, read, read_bytes, resample
from engine.errors import UserError

RATE = 48000


def tone(seconds: float = 1.0, rate: int = RATE, channels: int = 1) -> NDArray[np.float32]:
    t = np.arange(round(seconds * rate)) / rate
    return np.stack([0.4 * np.sin(2 * np.pi * 300 * (c + 1) * t) for c in range(channels)], 1).astype(np.float32)


def video(path: Path, sound: NDArray[np.float32] | None) -> None:
    """A short film, with an AAC track if there is a sound [n, 1] at RATE."""
    with av.open(path, "w") as container:
        pictures = container.add_stream("mpeg4", rate=10)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        track = container.add_stream("aac", rate=RATE, layout="mono") if sound is not None else None
        for _ in range(10):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "rgb24")
            container.mux(pictures.encode(frame))
        container.mux(pictures.encode(None))
        if track is not None and sound is not None:
            for start in range(0, len(sound) - 1023, 1024):
                block = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[start:start + 1024].T), "fltp", "mono")
                block.sample_rate, block.pts = RATE, start
                container.mux(track.encode(block))
            container.mux(track.encode(None))


@pytest.mark.parametrize(("name", "subtype", "tolerance"), [
    ("a.wav", "PCM_16", 1e-4), ("a.wav", "PCM_24", 1e-6), ("a.wav", "FLOAT", 0), ("a.wav", "DOUBLE", 0),
    ("a.wav", "PCM_U8", 1e-2), ("a.wav", "ULAW", 2e-2), ("a.flac", "PCM_24", 1e-6), ("a.aiff", "PCM_16", 1e-4),
    ("a.caf", "FLOAT", 0), ("a.ogg", "VORBIS", 2e-2),
])
def test_formats_keep_samples_rate_and_channels(tmp_path: Path, name: str, subtype: str, tolerance: float) -> None:
    sound = tone(channels=2, rate=44100)
    soundfile.write(tmp_path / name, sound, 44100, subtype=subtype)
    samples, rate = decode(tmp_path / name)
    assert (rate, samples.shape, samples.dtype) == (44100, sound.shape, np.float32)
    assert np.abs(samples[2000:-2000] - sound[2000:-2000]).max() <= tolerance


def test_mp3_and_video_give_their_sound(tmp_path: Path) -> None:
    sound = tone(2)
    soundfile.write(tmp_path / "a.mp3", sound, RATE)
    video(tmp_path / "a.mp4", sound)
    for name in ("a.mp3", "a.mp4"):
        recording = read(tmp_path / name)
        assert recording.rate == RATE and recording.samples.shape[1] == 1 and not recording.remarks
        spectrum = np.abs(np.fft.rfft(recording.samples[10000:58000, 0]))
        assert spectrum.argmax() == 300 and len(recording.samples) == pytest.approx(len(sound), abs=3000), name


def test_surround_is_mixed_down_by_its_layout(tmp_path: Path) -> None:
    """In 5.1 the centre goes to both sides 3 dB down, the surrounds to their own, the LFE nowhere."""
    part = RATE // 2
    surround = np.zeros((6 * part, 6), np.float32)
    for channel in range(6):
        surround[channel * part:(channel + 1) * part, channel] = tone(0.5)[:, 0]
    soundfile.write(tmp_path / "a.wav", surround, RATE, subtype="PCM_24")
    soundfile.write(tmp_path / "a.flac", surround, RATE, subtype="PCM_24")
    for name in ("a.wav", "a.flac"):
        samples, _ = decode(tmp_path / name)
        peaks = [np.abs(samples[c * part + 99:(c + 1) * part - 99]).max(axis=0) / 0.4 for c in range(6)]
        expected = [(1, 0), (0, 1), (0.707, 0.707), (0, 0), (0.707, 0), (0, 0.707)]
        assert np.allclose(peaks, expected, atol=0.01), name


def test_only_the_wanted_beginning_is_read(tmp_path: Path) -> None:
    sound = tone(3)
    soundfile.write(tmp_path / "a.wav", sound, RATE)
    soundfile.write(tmp_path / "a.mp3", sound, RATE)
    for name in ("a.wav", "a.mp3"):
        recording = read(tmp_path / name, longest_s=1.5)
        assert len(recording.samples) == 1.5 * RATE and not recording.remarks


@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.flac", "a.mp3"])
def test_a_file_cut_off_gives_what_is_there_and_says_so(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    noise = np.random.default_rng(0).normal(0, 0.1, (2 * RATE, 1))
    soundfile.write(path, noise, RATE)
    body = path.read_bytes()
    path.write_bytes(body[:len(body) // 2])
    recording = read(path)
    assert 0.8 <= len(recording.samples) / RATE <= 1.1
    assert len(recording.remarks) == 1 and "cut short" in recording.remarks[0] and "of 2.00 s" in recording.remarks[0]


def test_a_cut_off_ogg_gives_what_is_there(tmp_path: Path) -> None:
    """Vorbis announces no length, so nothing can be missed."""
    path = tmp_path / "a.ogg"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, (4 * RATE, 1)), RATE)
    body = path.read_bytes()
    path.write_bytes(body[:len(body) // 2])
    assert 1 <= len(read(path).samples) / RATE <= 2.5


def test_a_file_damaged_in_the_middle_goes_on_after_it(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, (4 * RATE, 1)), RATE)
    body = bytearray(path.read_bytes())
    body[len(body) // 2:len(body) // 2 + 3000] = bytes(3000)
    path.write_bytes(body)
    recording = read(path)
    assert len(recording.samples) > 3 * RATE and np.isfinite(recording.samples).all() and recording.remarks


def test_a_streamed_wav_without_a_length_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(), RATE, subtype="PCM_16")
    body = bytearray(path.read_bytes())
    at = body.index(b"data") + 4
    body[at:at + 4] = body[4:8] = b"\xff\xff\xff\xff"
    path.write_bytes(body)
    recording = read(path)
    assert len(recording.samples) == RATE and not recording.remarks


def test_samples_that_are_not_finite_become_silence(tmp_path: Path) -> None:
    sound = tone()
    sound[100:200], sound[300] = np.nan, np.inf
    soundfile.write(tmp_path / "a.wav", sound, RATE, subtype="FLOAT")
    recording = read(tmp_path / "a.wav")
    assert not recording.samples[100:200].any() and recording.samples[300, 0] == 0
    assert np.array_equal(recording.samples[301:], sound[301:])
    assert recording.remarks == ("101 samples were not finite numbers and became silence",)


def test_what_is_no_sound_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("Dear diary, today it rained.\n" * 100)
    (tmp_path / "text.mp3").write_text("Dear diary, today it rained.\n" * 100)
    soundfile.write(tmp_path / "none.wav", np.zeros((0, 1)), RATE)
    soundfile.write(tmp_path / "nan.wav", np.full((RATE, 1), np.nan), RATE, subtype="FLOAT")
    soundfile.write(tmp_path / "head.flac", tone(), RATE)
    (tmp_path / "head.flac").write_bytes((tmp_path / "head.flac").read_bytes()[:60])
    video(tmp_path / "mute.mp4", None)
    (tmp_path / "folder.wav").mkdir()
    for name, why in {
        "empty.wav": "the file is empty", "text.wav": "no sound", "text.mp3": "no sound", "none.wav": "no sound",
        "nan.wav": "none of its samples is a finite number", "head.flac": "no sound", "mute.mp4": "no audio track",
        "folder.wav": "is not a file", "gone.wav": "there is no such file",
    }.items():
        with pytest.raises(UserError, match=why) as error:
            read(tmp_path / name)
        assert str(tmp_path / name) in str(error.value)


def test_a_playlist_in_disguise_fetches_nothing(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "secret.mp3", tone(), RATE)
    (tmp_path / "a.mp3").write_text(f"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n#EXTINF:1,\n{tmp_path}/secret.mp3\n")
    with pytest.raises(UserError):
        read(tmp_path / "a.mp3")


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
def test_from_memory_the_same_is_read(tmp_path: Path, name: str) -> None:
    soundfile.write(tmp_path / name, tone(channels=2), RATE)
    of_file, of_memory = read(tmp_path / name), read_bytes((tmp_path / name).read_bytes(), "the file")
    assert of_memory.rate == of_file.rate and of_memory.samples.shape == of_file.samples.shape
    assert np.abs(of_memory.samples - of_file.samples).max() < 1e-4


def test_from_memory_no_other_file_is_read(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "secret.wav", tone(), RATE)
    soundfile.write(tmp_path / "secret.mp3", tone(), RATE)
    for playlist in (f"ffconcat version 1.0\nfile {tmp_path}/secret.wav\n",
                     f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:1,\nfile://{tmp_path}/secret.mp3\n#EXT-X-ENDLIST\n"):
        with pytest.raises(UserError, match="the file: "):
            read_bytes(playlist.encode(), "the file")


def test_resampling_keeps_the_tone() -> None:
    resampled = resample(tone(rate=8000, channels=2), 8000, RATE)
    assert resampled.shape == (RATE, 2) and resampled.flags.c_contiguous and resampled.dtype == np.float32
    assert np.abs(resampled[5000:-5000] - tone(channels=2)[5000:-5000]).max() < 2e-3
