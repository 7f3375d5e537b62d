"""Binaural output: what the ears hear of a direction differs in time and level as around a real head."""

import functools

import numpy as np
import pytest
import scipy.signal
from numpy.typing import NDArray

from engine.sound import head
from engine.sound.binaural import decode
from engine.sound.mixer import Mixer
from engine.sound.spatial import BINAURAL, STEPS, STEREO, gain_table
from engine.sound.state import MOST_CHANNELS, TICK
from tests.engine.mixing import RATE, db, noise, parameters

TRAVEL_S = head.RADIUS_M / head.SPEED_M_S
ALL_AROUND = tuple(float(azimuth) for azimuth in range(-180, 180, 15))
BLOCK = 8192
responses_of = functools.cache(head.responses)


def spectra(azimuth: float, rate: int = RATE) -> NDArray[np.complex128]:
    """Return the spectra of the left and the right ear's responses to a direction, [2, BLOCK / 2 + 1]."""
    return np.fft.rfft(responses_of(rate, ALL_AROUND)[:, ALL_AROUND.index(azimuth)], BLOCK)


def mixed(azimuth: float) -> NDArray[np.complex128]:
    """Return the same of a direction that is mixed onto the virtual loudspeakers."""
    row = gain_table(BINAURAL)[round((azimuth + 180) * STEPS / 360)]
    return np.fft.rfft(np.einsum("c,ect->et", row, responses_of(RATE, BINAURAL.virtual)), BLOCK)


def phase_delay(ears: NDArray[np.complex128], hertz: float) -> float:
    """Return by how many seconds the right ear hears a low tone later than the left."""
    bin_ = round(hertz * BLOCK / RATE)
    return float(np.angle(ears[0, bin_] / ears[1, bin_]) / (2 * np.pi * bin_ * RATE / BLOCK))


def group_delay(ears: NDArray[np.complex128], low: float, high: float) -> float:
    """Return by how many seconds the right ear hears sounds between two frequencies later than the left."""
    bins = np.arange(round(low * BLOCK / RATE), round(high * BLOCK / RATE))
    turns = np.unwrap(np.angle(ears[0, bins] / ears[1, bins])) / (2 * np.pi)
    return float(np.polyfit(bins * RATE / BLOCK, turns, 1)[0])


def level_difference(ears: NDArray[np.complex128], hertz: float) -> float:
    """Return how much louder the left ear hears a third of an octave, dB."""
    bins = slice(round(hertz * 0.89 * BLOCK / RATE), round(hertz * 1.12 * BLOCK / RATE))
    power = (np.abs(ears[:, bins]) ** 2).sum(1)
    return 10 * float(np.log10(power[0] / power[1]))


@pytest.mark.parametrize("azimuth", [30.0, 60.0, 90.0])
def test_high_sounds_reach_the_far_ear_as_late_as_woodworth_says(azimuth: float) -> None:
    angle = np.radians(azimuth)
    woodworth = TRAVEL_S * (angle + np.sin(angle))  # rays around the sphere: Woodworth 1938, for high frequencies
    assert group_delay(spectra(azimuth), 3000, 10_000) == pytest.approx(woodworth, rel=0.1)
    assert group_delay(spectra(-azimuth), 3000, 10_000) == pytest.approx(-woodworth, rel=0.1)


@pytest.mark.parametrize("azimuth", [15.0, 30.0, 60.0, 90.0, 120.0])
def test_low_sounds_reach_it_half_as_late_again(azimuth: float) -> None:
    kuhn = 3 * TRAVEL_S * np.sin(np.radians(azimuth))  # Kuhn 1977, J. Acoust. Soc. Am. 62(1), for low frequencies
    for ears in (spectra(azimuth), mixed(azimuth)):
        assert phase_delay(ears, 300) == pytest.approx(kuhn, rel=0.1)


@pytest.mark.parametrize("azimuth", [30.0, 45.0, 60.0])
def test_the_nearer_ear_hears_more_and_the_more_so_the_higher(azimuth: float) -> None:
    differences = [level_difference(spectra(azimuth), hertz) for hertz in (200, 500, 1000, 5000)]
    assert 0 < differences[0] < 1
    assert (np.diff(differences) > 0).all()
    assert differences[-1] > 6
    assert level_difference(spectra(-azimuth), 5000) == pytest.approx(-differences[-1])


def test_ahead_and_behind_both_ears_hear_the_same() -> None:
    for azimuth in (0.0, -180.0):
        for ears in (spectra(azimuth), mixed(azimuth)):
            np.testing.assert_allclose(ears[0], ears[1], atol=1e-5)


def test_left_is_the_mirror_image_of_right() -> None:
    responses = responses_of(RATE, BINAURAL.virtual)
    np.testing.assert_allclose(responses[0], responses[1, ::-1], atol=1e-7)


@pytest.mark.parametrize("azimuth", [0.0, 15.0, 30.0, 60.0, 90.0, 105.0, -45.0, -165.0])
def test_a_direction_between_virtual_loudspeakers_is_heard_as_if_one_stood_there(azimuth: float) -> None:
    below = round(3000 * BLOCK / RATE)  # above, fifteen directions are too few
    np.testing.assert_allclose(mixed(azimuth)[:, :below], spectra(azimuth)[:, :below], atol=0.05)


def test_no_direction_is_much_louder_than_others() -> None:
    levels = [db(np.sqrt(sum((np.abs(mixed(azimuth)[:, band]) ** 2).mean() for band in
                             (slice(20, 100), slice(100, 400), slice(400, 1700))))) for azimuth in range(-180, 180, 4)]
    assert np.ptp(levels) < 3


@pytest.mark.parametrize("rate", [8000, 44_100, 48_000, 192_000])
def test_responses_are_whole_at_every_rate_and_as_loud_as_stereo(rate: int) -> None:
    responses = responses_of(rate, BINAURAL.virtual)
    assert responses.shape == (2, BINAURAL.bus, head.taps(rate))
    assert np.abs(responses[..., -4:]).max() < 2e-3 * np.abs(responses).max()
    spectrum = np.abs(np.fft.rfft(responses, 16 * head.taps(rate))) ** 2
    hertz = np.fft.rfftfreq(16 * head.taps(rate), 1 / rate)
    octaves = (hertz >= 100) & (hertz <= 0.4 * rate)
    assert np.average(spectrum.sum(0).mean(0)[octaves], weights=1 / hertz[octaves]) == pytest.approx(1, abs=0.03)
    ahead = spectrum[0, BINAURAL.virtual.index(0)]
    assert np.ptp(10 * np.log10(ahead[octaves])) < 4  # no comb


def streamed(mixer: Mixer, buses: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what the stage makes of buses [MOST_CHANNELS, n * TICK]: [2, n * TICK]."""
    out = []
    for at in range(0, buses.shape[1], TICK):
        mixer._state.mix[:] = buses[:, at:at + TICK]
        decode(mixer.addresses)
        out.append(mixer._state.mix[:2].copy())
    return np.concatenate(out, 1)


@pytest.mark.parametrize("rate", [8000, 48_000, 192_000])
def test_streaming_equals_convolution(rate: int) -> None:
    buses = np.zeros((MOST_CHANNELS, 40 * TICK), np.float32)
    buses[:BINAURAL.bus] = noise(1, BINAURAL.bus)[:40 * TICK].T
    got = streamed(Mixer(rate, parameters(), layout=BINAURAL), buses)
    responses = responses_of(rate, BINAURAL.virtual)
    for ear in range(2):
        expected = scipy.signal.fftconvolve(buses[:BINAURAL.bus], responses[ear], axes=1).sum(0)[:40 * TICK]
        np.testing.assert_allclose(got[ear], expected, atol=1e-5)


def test_other_layouts_pass_unchanged() -> None:
    buses = noise(1, MOST_CHANNELS)[:4 * TICK].T
    np.testing.assert_array_equal(streamed(Mixer(RATE, parameters(), layout=STEREO), buses), buses[:2])


def test_a_sample_that_is_no_number_is_gone_after_the_response() -> None:
    mixer = Mixer(RATE, parameters(), layout=BINAURAL)
    buses = np.zeros((MOST_CHANNELS, 8 * TICK), np.float32)
    buses[3, 5] = np.nan
    heard = streamed(mixer, buses)
    assert not heard[:, 5 + head.taps(RATE):].any()


def test_sound_arrives_after_the_latency_that_is_declared() -> None:
    mixer = Mixer(RATE, parameters(), layout=BINAURAL)
    assert mixer.latency - Mixer(RATE, parameters()).latency == head.delay(RATE)
    low = spectra(0.0)[0, 1:20]
    slope = np.polyfit(np.arange(1, 20) * RATE / BLOCK, np.unwrap(np.angle(low)) / (2 * np.pi), 1)[0]
    assert -slope * RATE == pytest.approx(head.delay(RATE), abs=1)  # low tones bend around the head from ahead
