"""What DREAM hears in a stream is what an independent analysis of the whole recording finds, after the stated delay."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage, signal

from engine.dream.listen import HOP, LATENCY, Hop, Listener
from engine.dream.onset import FLUX_EDGES
from engine.dream.spectrum import BAND_EDGES
from engine.parameters import PARAMETERS
from engine.shared import Event

RATE = 48_000
WARM_UP = 10  # hops until the longest window has filled


def defaults() -> NDArray[np.float64]:
    return np.array([p.default for p in PARAMETERS])


def stream(sound: NDArray[np.float32], sizes: list[int], rate: int = RATE) -> list[Hop]:
    """Push `sound` in blocks of `sizes`, over and over."""
    listener, hops, at, i = Listener(rate, defaults()), [], 0, 0
    while at < len(sound):
        block = sound[at:at + sizes[i % len(sizes)]]
        at, i = at + len(block), i + 1
        hops += listener.push(block, at / rate)
    return hops


@pytest.fixture(scope="module")
def music() -> NDArray[np.float32]:
    """Three seconds of plucked notes over a noise floor, stereo and not the same on both sides."""
    random = np.random.default_rng(7)
    sound = random.normal(0, 0.003, (3 * RATE, 2))
    for start in np.arange(0.1, 2.9, 0.23):
        at = int(start * RATE)
        t = np.arange(min(RATE // 2, len(sound) - at)) / RATE
        pitch = 110 * 2 ** (random.integers(0, 36) / 12)
        note = sum(np.sin(2 * np.pi * pitch * k * t) / k for k in range(1, 5)) * np.exp(-6 * t)
        sound[at:at + len(t)] += 0.15 * note[:, None] * np.array([1.0, random.uniform(0.2, 1)])
    return sound.astype(np.float32)


@pytest.fixture(scope="module")
def hops(music: NDArray[np.float32]) -> list[Hop]:
    return stream(music, [512])[WARM_UP:]


def around(sound: NDArray[np.float64], hop: Hop, name: str, frames: int) -> NDArray[np.float64]:
    """The `frames` frames of the recording whose middle was heard LATENCY[name] before the hop's end."""
    middle = round((float(hop.features["time"]) - LATENCY[name]) * RATE)
    return sound[middle - frames // 2:middle + frames // 2]


@pytest.mark.parametrize("sizes", [[64], [480], [1000], [1, 511, 7, 4096, 33, 640]])
def test_the_block_size_changes_nothing(music: NDArray[np.float32], sizes: list[int]) -> None:
    whole, blocks = stream(music, [512]), stream(music, sizes)
    assert len(blocks) == len(whole) == len(music) // HOP
    for a, b in zip(whole, blocks, strict=True):
        assert b.features["time"] == pytest.approx(float(a.features["time"]), abs=1e-9)
        for name in a.features.dtype.names or ():
            if name != "time":
                np.testing.assert_array_equal(b.features[name], a.features[name], err_msg=name)
        assert [(kind, value) for kind, _, value in a.events] == [(kind, value) for kind, _, value in b.events]


def test_levels(music: NDArray[np.float32], hops: list[Hop]) -> None:
    mono = music.mean(1, dtype=np.float64)
    for hop in hops:
        rms = np.sqrt(np.mean(around(mono, hop, "rms", 1024) ** 2))
        peak = np.abs(around(mono, hop, "peak", 512)).max()
        assert hop.features["rms"] == pytest.approx(20 * np.log10(rms), abs=1e-3)
        assert hop.features["peak"] == pytest.approx(20 * np.log10(peak), abs=1e-3)


def test_bands_and_centroid(music: NDArray[np.float32], hops: list[Hop]) -> None:
    mono = music.mean(1, dtype=np.float64)
    for hop in hops:
        frequencies, power = signal.periodogram(around(mono, hop, "bands", 2048), RATE, "hann", detrend=False,
                                                scaling="density")
        width = frequencies[1]
        for band, level in enumerate(hop.features["bands"]):
            inside = (frequencies >= BAND_EDGES[band]) & (frequencies < BAND_EDGES[band + 1])
            assert level == pytest.approx(10 * np.log10(power[inside].sum() * width), abs=0.01)
        magnitude = np.abs(np.fft.rfft(around(mono, hop, "centroid", 2048) * signal.get_window("hann", 2048)))
        assert hop.features["centroid"] == pytest.approx(np.average(frequencies, weights=magnitude), rel=1e-4)


def test_flux(music: NDArray[np.float32], hops: list[Hop]) -> None:
    mono = music.mean(1, dtype=np.float64)
    transform = signal.ShortTimeFFT(signal.get_window("hann", 256), 128, RATE, scale_to="magnitude")
    spectrum = transform.spectrogram(mono, p0=1, p1=len(mono) // 128)  # column i: centred on frame 128 * (i + 1)
    noise_bandwidth = 1.5
    levels = []
    for low, high in itertools.pairwise(FLUX_EDGES):
        inside = (transform.f >= low) & (transform.f < high)
        levels.append(10 * np.log10(2 / noise_bandwidth * spectrum[inside].sum(0) + 1e-9))
    # The loudest of the 15 steps (40 ms) that end 3 steps before the present one.
    loudest = ndimage.maximum_filter1d(np.array(levels), 15, axis=1, origin=7, mode="nearest")
    rise = np.maximum(np.array(levels)[:, 3:] - loudest[:, :-3], 0).mean(0)
    for hop in hops:
        newest = round((float(hop.features["time"]) - LATENCY["flux"]) * RATE) // 128 - 1 - 3
        assert hop.features["flux"] == pytest.approx(rise[newest - 3:newest + 1].max(), abs=1e-3)


def test_pitch(music: NDArray[np.float32], hops: list[Hop]) -> None:
    mono = music.mean(1, dtype=np.float64)
    voiced = 0
    for hop in hops[::3]:
        x = around(mono, hop, "pitch", 2048)
        x = x - x.mean()
        normalised = np.array([2 * (x[:2048 - lag] @ x[lag:]) / (x[:2048 - lag] @ x[:2048 - lag] + x[lag:] @ x[lag:])
                               for lag in range(RATE // 50 + 2)])
        crossings = np.flatnonzero(np.diff(np.sign(normalised)) > 0) + 1
        ends = [*crossings[1:], len(normalised)]
        tops = [start + int(np.argmax(normalised[start:end])) for start, end in zip(crossings, ends, strict=True)]
        tops = [top for top in tops if RATE // 2000 <= top < len(normalised) - 1]
        top = next(top for top in tops if normalised[top] >= 0.9 * max(normalised[tops]))
        a, b, c = np.polyfit([-1, 0, 1], normalised[top - 1:top + 2], 2)
        clarity = c - b * b / (4 * a)
        assert hop.features["pitch_confidence"] == pytest.approx(min(clarity, 1), abs=1e-4)
        if clarity > 0.81:
            voiced += 1
            assert hop.features["pitch"] == pytest.approx(RATE / (top - b / (2 * a)), rel=1e-4)
        elif clarity < 0.79:
            assert hop.features["pitch"] == 0
    assert voiced > 20


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_times_are_those_of_the_last_sample_of_each_hop(rate: int) -> None:
    hops = stream(np.zeros((rate, 2), np.float32), [480], rate)
    np.testing.assert_allclose([hop.features["time"] for hop in hops], np.arange(1, len(hops) + 1) * HOP / rate,
                               atol=1e-9)


def test_silence_is_the_floor_and_nothing_happens_in_it() -> None:
    hops = stream(np.zeros((3 * RATE, 2), np.float32), [512])
    last = hops[-1].features
    assert last["rms"] == last["peak"] == -120 and (last["bands"] == -120).all()
    assert last["centroid"] == last["flux"] == last["onset"] == last["pitch"] == last["tempo"] == 0
    assert not any(hop.events for hop in hops)


def test_a_full_scale_sine_reads_minus_three_in_its_band() -> None:
    sine = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE).astype(np.float32)[:, None]
    last = stream(sine, [512])[-1].features
    assert last["rms"] == pytest.approx(-3.01, abs=0.05)
    assert last["peak"] == pytest.approx(0, abs=0.01)
    assert last["bands"][4] == pytest.approx(-3.01, abs=0.05)  # 800 to 1692 Hz
    assert max(np.delete(last["bands"], 4)) < -60
    assert last["centroid"] == pytest.approx(1000, abs=30)
    assert last["pitch"] == pytest.approx(1000, abs=1)


def test_samples_that_are_not_numbers_count_as_silence(music: NDArray[np.float32]) -> None:
    broken, silenced = music[:RATE].copy(), music[:RATE].copy()
    broken[20_000:20_100], silenced[20_000:20_100] = np.nan, 0
    broken[30_000, 0], silenced[30_000, 0] = np.inf, 0
    broken[31_000, 1], silenced[31_000, 1] = -np.inf, 0
    for a, b in zip(stream(broken, [512]), stream(silenced, [512]), strict=True):
        assert a.features.tobytes() == b.features.tobytes() and a.events == b.events


def test_absurdly_loud_samples_leave_finite_features() -> None:
    sound = np.full((RATE, 2), 3e38, np.float32) * np.sign(np.random.default_rng(0).normal(size=(RATE, 2)))
    for hop in stream(sound.astype(np.float32), [512]):
        assert all(np.isfinite(hop.features[name]).all() for name in hop.features.dtype.names or ())


def test_mono_input_is_heard(music: NDArray[np.float32]) -> None:
    both = np.repeat(music[:RATE, :1], 2, axis=1)
    for one, two in zip(stream(music[:RATE, :1], [512]), stream(both, [512]), strict=True):
        assert one.features.tobytes() == two.features.tobytes()
    assert any(kind == Event.ONSET for hop in stream(both, [512]) for kind, _, _ in hop.events)
