"""Clips played straight: sample-exact, gapless, with ends that are crossfaded without a dip or a bump."""

import numpy as np
import pytest

from engine.parameters import INDEX
from engine.sound.mixer import LIVE, SEAM_S, Mixer
from tests.engine.mixing import RATE, db, noise, parameters, playing, rms, roughness, sine

SEAM = round(SEAM_S * RATE)


def test_a_clip_is_played_as_it_is_up_to_its_seam() -> None:
    clip = noise(0.5, 2, 0.05, seed=4) + sine(100, 0.5, 0.1)
    mixer = playing(parameters(mode=1), clip)
    out = mixer.process(len(clip))[mixer.latency:]
    begun = round(0.005 * RATE)  # the shortest fade
    # the DC block, 5 Hz, lets the waveform drift by a little
    np.testing.assert_allclose(np.diff(out[begun:len(clip) - SEAM - mixer.latency], axis=0),
                               np.diff(clip[begun:len(clip) - SEAM - mixer.latency], axis=0), atol=2e-3)


def test_a_loop_of_whole_periods_goes_on_as_one_sine() -> None:
    frames = RATE + SEAM  # what is played again is a second long: 440 whole periods
    clip = (0.2 * np.sin(2 * np.pi * 440 * np.arange(frames) / RATE)).astype(np.float32)[:, None]
    mixer = playing(parameters(mode=1), clip)
    out = mixer.process(5 * RATE)[RATE // 2:]
    assert roughness(out) < 1.02 * roughness(clip * np.float32(np.sqrt(0.5)))
    assert db(rms(out[:, 0]) / (rms(clip) * np.sqrt(0.5))) == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("likeness", [1.0, 0.5, 0.0, -0.5])
def test_the_seam_keeps_the_power_whatever_the_ends_have_in_common(likeness: float) -> None:
    clip = noise(20.05, 1, 0.1, seed=1)
    beginning = clip[:SEAM].copy()
    clip[-SEAM:] = likeness * beginning + np.sqrt(1 - likeness**2) * clip[-SEAM:]
    seam = []
    for seed in range(6):  # the power of a short noise is uncertain: look at several
        one = np.roll(clip[SEAM:-SEAM], seed * 997)
        mixer = playing(parameters(mode=1, position=1), np.concatenate([clip[:SEAM], one[:4000], clip[-SEAM:]]))
        out = mixer.process(SEAM + mixer.latency)[mixer.latency:, 0]
        seam.append(np.square(out[round(0.005 * RATE):], dtype=np.float64).mean())
    ends = np.concatenate([clip[:SEAM], clip[-SEAM:]])
    assert db(np.sqrt(np.mean(seam)) / (rms(ends) * np.sqrt(0.5))) == pytest.approx(0, abs=0.8)


def test_transposed_loops_last_accordingly() -> None:
    clip = sine(200, 1)
    mixer = playing(parameters(mode=1, pitch=12, interpolation=2), clip)
    out = mixer.process(2 * RATE)[RATE // 2:, 0]
    spectrum = np.abs(np.fft.rfft(out * np.hanning(len(out))))
    assert np.argmax(spectrum) * RATE / len(out) == pytest.approx(400, abs=1)


def test_position_says_where_a_loop_begins() -> None:
    clip = np.concatenate([sine(300, 1), sine(900, 1)])
    mixer = playing(parameters(mode=1, position=0.6), clip)
    out = mixer.process(RATE // 4)[RATE // 8:, 0]
    assert np.argmax(np.abs(np.fft.rfft(out * np.hanning(len(out))))) * RATE / len(out) == pytest.approx(900, abs=10)


def test_the_live_input_is_monitored_unbroken() -> None:
    mixer = Mixer(RATE, parameters(mode=1))
    heard = sine(250, 3)
    mixer.start(0, LIVE, 1, 0)
    out = []
    for begin in range(0, len(heard), 256):
        mixer.hear(heard[begin:begin + 256])
        out.append(mixer.process(len(heard[begin:begin + 256])))
    played = np.concatenate(out)[RATE:]
    assert db(rms(played) / rms(heard)) == pytest.approx(0, abs=0.1)
    assert roughness(played) < 1.02 * roughness(heard)


def test_turning_a_live_position_makes_no_click() -> None:
    block = parameters(mode=1)
    mixer = Mixer(RATE, block)
    heard = sine(250, 1)
    mixer.start(0, LIVE, 1, 0)
    out = []
    for second in range(4):
        block[INDEX["layer/1/position"]] = second * 0.0123
        for begin in range(0, RATE, 480):
            mixer.hear(heard[begin:begin + 480])
            out.append(mixer.process(480))
    # within the 64 frames of the change-over the slope may be that of a full swing, a click would be far more
    assert np.abs(np.diff(np.concatenate(out)[RATE // 2:], axis=0)).max() < 0.02
