"""Loudness: what EBU Tech 3341 demands of a meter, and what another meter says of the same sound."""

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import freqz

from engine.sound.loudness import SILENCE, Loudness, k_weighting, weights
from engine.sound.mixer import Mixer
from engine.sound.spatial import STEREO, Layout
from tests.engine.mixing import RATE, mastered, noise, parameters, playing, ring

SURROUND = Layout("5.0", (30.0, -30.0, 0.0, 110.0, -110.0))


class Meter:
    """Reads the kernel's blocks as SOUND does and notes each momentary and short-term loudness."""

    def __init__(self) -> None:
        self.loudness = Loudness()
        self.momentary: list[float] = []
        self.short: list[float] = []
        self._seen = 0

    def __call__(self, mixer: Mixer) -> None:
        seen, blocks = mixer.energies(self._seen)
        if seen > self._seen:
            self._seen = seen
            self.loudness.push(blocks)
            self.momentary.append(self.loudness.momentary)
            self.short.append(self.loudness.short)


def metered(signal: NDArray[np.float64], layout: Layout = STEREO, rate: int = RATE) -> Meter:
    """Return a meter that has seen `signal` [frames, channels] on the output."""
    meter = Meter()
    mastered(signal, layout, rate, meter)
    return meter


def tones(*parts: tuple[float, float], rate: int = RATE) -> NDArray[np.float64]:
    """Return one after another the (level in dBFS, seconds) of a sine of 1 kHz, stereo [frames, 2]."""
    amplitude = np.concatenate([np.full(round(seconds * rate), 10 ** (level / 20)) for level, seconds in parts])
    return (amplitude * np.sin(2 * np.pi * 1000 * np.arange(len(amplitude)) / rate))[:, None].repeat(2, 1)


# EBU Tech 3341 (2016), table 1: number of the case, signal, loudness that all of the integrated measure must show
@pytest.mark.parametrize(("parts", "expected"), [
    ([(-23, 20)], -23),
    ([(-33, 20)], -33),
    ([(-36, 10), (-23, 60), (-36, 10)], -23),
    ([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23),
    ([(-26, 20), (-20, 20.1), (-26, 20)], -23),
], ids=["1", "2", "3", "4", "5"])
def test_integrated_loudness_is_gated(parts: list[tuple[float, float]], expected: float) -> None:
    meter = metered(tones(*parts))
    assert meter.loudness.integrated == pytest.approx(expected, abs=0.1)
    if len(parts) == 1:
        assert meter.momentary[10:] == pytest.approx([expected] * len(meter.momentary[10:]), abs=0.1)
        assert meter.short[30:] == pytest.approx([expected] * len(meter.short[30:]), abs=0.1)


def test_channels_count_by_where_they_stand() -> None:
    """Case 6 of Tech 3341, and an LFE that doesn't count at all."""
    sine = tones((0, 20))[:, 0]
    levels = 10 ** (np.array([-28, -28, -24, -30, -30]) / 20)
    assert metered(sine[:, None] * levels, SURROUND).loudness.integrated == pytest.approx(-23, abs=0.1)
    with_lfe = Layout("5.1", (*SURROUND.azimuths[:3], None, *SURROUND.azimuths[3:]))
    levels = np.insert(levels, 3, 10 ** (-10 / 20))
    assert metered(sine[:, None] * levels, with_lfe).loudness.integrated == pytest.approx(-23, abs=0.1)


def test_weights_are_those_of_places() -> None:
    assert weights(Layout("ambisonic", (0.0, None, None, None))).tolist() == [1, 0, 0, 0]
    assert weights(ring(16)).tolist().count(1.41) == 4  # 78.75 and 101.25 degrees are sides, 56.25 is not


def test_short_term_and_momentary_loudness_see_their_windows() -> None:
    """Cases 9 and 12 of Tech 3341: levels that change within windows of 3 s and of 400 ms."""
    meter = metered(tones(*[(-20, 1.34), (-30, 1.66)] * 5))
    assert meter.short[30:] == pytest.approx([-23] * len(meter.short[30:]), abs=0.1)
    meter = metered(tones(*[(-20, 0.18), (-30, 0.22)] * 25))
    assert meter.momentary[10:] == pytest.approx([-23] * len(meter.momentary[10:]), abs=0.1)


def ffmpeg(signal: NDArray[np.float32], layout: str, rate: int) -> dict[str, NDArray[np.float64]]:
    """Return what FFmpeg's ebur128 filter says of `signal` every 100 ms: M, S and I in LUFS."""
    graph = av.filter.Graph()
    source = graph.add("abuffer", f"sample_rate={rate}:sample_fmt=flt:channel_layout={layout}:time_base=1/{rate}")
    meter, sink = graph.add("ebur128", "metadata=1"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(signal.reshape(1, -1), format="flt", layout=layout)
    frame.sample_rate, frame.pts = rate, 0
    source.push(frame)
    said = [sink.pull().metadata for _ in range(len(signal) * 10 // rate)]
    return {key: np.array([float(one[f"lavfi.r128.{key}"]) for one in said]) for key in "MSI"}


@pytest.mark.parametrize(("rate", "azimuths", "layout"), [
    (48_000, (30, -30), "stereo"),
    (44_100, (30, -30), "stereo"),
    (96_000, (30, -30), "stereo"),
    (48_000, (30, -30, 0, None, 110, -110), "5.1(side)"),
])
def test_another_meter_says_the_same(rate: int, azimuths: tuple[float, ...], layout: str) -> None:
    random = np.random.default_rng(rate)
    level = np.repeat(10 ** (random.uniform(-60, -14, 60) / 20), rate // 5)[:, None]
    signal = level * random.standard_normal((len(level), len(azimuths))).cumsum(axis=0) / 30
    signal = signal - signal.mean(axis=0)
    signal *= 0.5 / np.abs(signal).max()
    meter = Meter()
    played, _ = mastered(signal, Layout("foreign", azimuths), rate, meter)
    foreign = ffmpeg(played, layout, rate)
    for own, key, since in ((meter.momentary, "M", 5), (meter.short, "S", 31)):
        # its windows may end elsewhere within the block of 100 ms
        assert np.array(own)[since:len(foreign[key])] == pytest.approx(foreign[key][since:], abs=0.1)
    assert meter.loudness.integrated == pytest.approx(foreign["I"][-1], abs=0.1)


@pytest.mark.parametrize("rate", [8000, 44_100, 48_000, 96_000, 192_000])
def test_the_weighting_has_the_standards_response_at_every_rate(rate: int) -> None:
    hertz = np.geomspace(20, 0.2 * rate, 200)

    def response(at: int) -> NDArray[np.float64]:
        poles, zeros = k_weighting(at)
        feedback = np.convolve([1, *poles[:2]], [1, *poles[2:]])
        return 20 * np.log10(np.abs(freqz(zeros, feedback, hertz, fs=at)[1]))

    np.testing.assert_allclose(response(rate)[hertz < 9600], response(48_000)[hertz < 9600], atol=0.25)  # at 8 kHz
    poles, zeros = k_weighting(48_000)  # BS.1770-5, Annex 1, tables 1 and 2
    np.testing.assert_allclose(poles, [-1.69065929318241, 0.73248077421585, -1.99004745483398, 0.99007225036621], 1e-12)
    np.testing.assert_allclose(
        zeros, np.convolve([1.53512485958697, -2.69169618940638, 1.19839281085285], [1, -2, 1]), 1e-12)


def test_loudness_of_silence_falls_and_the_integrated_one_stays() -> None:
    mixer = playing(parameters(density=100), noise(1, 2))
    loudness = Loudness()
    assert loudness.momentary == loudness.short == loudness.integrated == SILENCE
    mixer.process(3 * RATE)
    seen, blocks = mixer.energies(0)
    loudness.push(blocks)
    assert seen == 30 and loudness.momentary > -30
    integrated = loudness.integrated
    mixer.start(0, -1, 0, 0.01)
    mixer.process(RATE // 2)
    mixer.process(3 * RATE)  # nothing is computed any more, and time passes all the same
    seen, blocks = mixer.energies(seen)
    loudness.push(blocks)
    assert seen == 65 and loudness.momentary == loudness.short == SILENCE
    assert loudness.integrated == pytest.approx(integrated, abs=0.5)


def test_a_reader_that_comes_late_gets_the_newest() -> None:
    mixer = Mixer(RATE, parameters())
    mixer.process(20 * RATE)
    seen, blocks = mixer.energies(3)
    assert seen == 200 and len(blocks) == 63
    assert mixer.energies(seen)[1].size == 0


def test_memory_does_not_grow() -> None:
    loudness = Loudness()
    size = sum(v.nbytes for v in vars(loudness).values() if isinstance(v, np.ndarray))
    loudness.push(np.random.default_rng(0).uniform(0, 1, 5000))
    assert sum(v.nbytes for v in vars(loudness).values() if isinstance(v, np.ndarray)) == size < 1e6
