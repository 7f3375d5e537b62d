"""The compiled callback: what is heard reaches the ring, the mixer reaches the device, and the account is honest."""

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.shared import Session
from engine.sound import callback
from engine.sound.callback import CallbackState, account, new_counters
from engine.sound.mixer import TICK, Mixer
from engine.sound.spatial import parse_layout
from tests.engine.mixing import noise, parameters, playing

RATE = 48_000
FLAGGED = callback.OUTPUT_UNDERFLOW


def call(state: CallbackState, frames: int, sound: NDArray[np.float32] | None = None, at: float = 1.0,
         flags: int = 0) -> NDArray[np.float32]:
    """Call back as a driver does; returns what was played [frames, channels]."""
    out = np.full((frames, state.output_channels), 7, np.float32)
    times = np.full(3, at)
    status = state.function.ctypes(sound.ctypes.data if sound is not None else 0, out.ctypes.data if out.size else 0,
                                   frames, times.ctypes.data, flags, state.address)
    assert status == 0
    return out


def mixer() -> Mixer:
    return playing(parameters(), noise(1.0, 2))


def test_input_reaches_the_ring_sample_exact_in_blocks_of_any_size(session: Session) -> None:
    state = CallbackState(RATE, session.input, 2, 0)
    heard = noise(1.0, 2)
    at = 0
    while at < len(heard):
        count = min(1 + at % 700, len(heard) - at)
        before = time.monotonic()
        call(state, count, np.ascontiguousarray(heard[at:at + count]))
        written, when = session.input.position_and_time()
        at += count
        assert written == at
        assert before <= when <= time.monotonic()
    stored = session.input.read(0, len(heard))
    assert stored is not None
    np.testing.assert_array_equal(stored, heard)


def test_ring_goes_on_where_the_process_before_ended(session: Session) -> None:
    first, second = noise(0.01, 2, seed=1), noise(0.01, 2, seed=2)
    call(CallbackState(RATE, session.input, 2, 0), len(first), first)
    call(CallbackState(RATE, session.input, 2, 0), len(second), second)
    stored = session.input.read(0, len(first) + len(second))
    assert stored is not None
    np.testing.assert_array_equal(stored, np.concatenate([first, second]))


def test_mono_input_is_heard_on_both_sides(session: Session) -> None:
    heard = noise(0.01, 1)
    call(CallbackState(RATE, session.input, 1, 0), len(heard), heard)
    stored = session.input.read(0, len(heard))
    assert stored is not None
    np.testing.assert_array_equal(stored, np.repeat(heard, 2, 1))


def test_samples_that_are_not_finite_become_silence_and_are_counted(session: Session) -> None:
    state = CallbackState(RATE, session.input, 2, 2, mixer())
    heard = noise(0.01, 2)
    heard[3, 0], heard[5, 1], heard[9] = np.nan, np.inf, -np.inf
    played = call(state, len(heard), heard)
    stored = session.input.read(0, len(heard))
    assert stored is not None
    np.testing.assert_array_equal(stored, np.where(np.isfinite(heard), heard, 0))
    assert state.counters[callback.BAD_SAMPLES] == 4
    assert np.isfinite(played).all()


def test_device_gets_what_the_mixer_makes(session: Session) -> None:
    expected = mixer().process(9000)
    assert np.abs(expected).max() > 0.01
    for outputs, want in ((2, expected), (1, expected.mean(1, keepdims=True)),
                          (4, np.pad(expected, ((0, 0), (0, 2))))):
        state = CallbackState(RATE, session.input, 0, outputs, mixer())
        played = [call(state, frames) for frames in (1, 64, 1000, 5000, 2935)]
        np.testing.assert_allclose(np.concatenate(played), want, atol=1e-7)


@pytest.mark.parametrize(("layout", "outputs"), [("quad", 4), ("quad", 7), ("ring8", 8), ("binaural", 2), ("mono", 2),
                                                 ("mono", 1), ("5.1", 16)])
def test_every_channel_reaches_its_own_and_those_beyond_are_silent(session: Session, layout: str, outputs: int) -> None:
    made = Mixer(RATE, parameters(), layout=parse_layout(layout))
    channels = made.layout.channels
    made._state.output[:, :channels] = 1 + np.arange(TICK * channels).reshape(TICK, channels)
    made._state.master["unread"] = TICK
    expected = np.pad(made._state.output[:, :channels], ((0, 0), (0, outputs - channels)))
    state = CallbackState(RATE, session.input, 0, outputs, made)
    np.testing.assert_array_equal(np.concatenate([call(state, 40), call(state, TICK - 40)]), expected)


@pytest.mark.parametrize(("layout", "outputs"), [("quad", 2), ("quad", 1), ("binaural", 1), ("5.1", 5)])
def test_what_does_not_fit_is_no_stream(session: Session, layout: str, outputs: int) -> None:
    with pytest.raises(ValueError, match="fit"):
        CallbackState(RATE, session.input, 0, outputs, Mixer(RATE, parameters(), layout=parse_layout(layout)))


def test_silence_without_a_mixer(session: Session) -> None:
    assert not call(CallbackState(RATE, session.input, 0, 2), 300).any()


def test_fading_out_ends_in_silence_without_a_click(session: Session) -> None:
    hum = np.sin(2 * np.pi * 100 * np.arange(RATE) / RATE).astype(np.float32)[:, None]
    state = CallbackState(RATE, session.input, 0, 2, playing(parameters(), hum))
    before = call(state, 9600)
    state.fade_out()
    after = call(state, 9600)
    steepest = np.abs(np.diff(before[4800:], axis=0)).max()
    assert np.abs(before[-480:]).max() > 0.05
    assert np.abs(np.diff(np.concatenate([before[-1:], after]), axis=0)).max() < 2 * steepest
    assert not after[round(callback.FADE_SECONDS * RATE) + 1:].any()


class Stream:
    """Accounts for the blocks of an imagined device with blocks of 1 ms."""

    frames = 48

    def __init__(self) -> None:
        self.counters = new_counters()
        self.now = 100.0

    def run(self, blocks: int, jitter: float = 0.0, spent: float = 0.0001, ahead: float = 0.0, flags: int = 0,
            skip: int = 0) -> None:
        """Play `blocks`; the device jumps over `skip` blocks before the first."""
        noise = np.random.default_rng(0)
        self.now += skip * 0.001
        for _ in range(blocks):
            begun = self.now + jitter * noise.random()
            account(self.counters, float(RATE), self.frames, begun, begun + spent, begun + ahead, ahead, flags)
            self.now += 0.001

    @property
    def missed(self) -> int:
        return int(self.counters[callback.MISSED])


def test_jitter_is_no_missed_block() -> None:
    stream = Stream()
    stream.run(20_000, jitter=0.0009)
    assert stream.missed == 0
    assert stream.counters[callback.BLOCKS] == 20_000
    assert stream.counters[callback.LONGEST_GAP] < 0.002


@pytest.mark.parametrize("skipped", [1, 3, 40])
def test_blocks_that_the_device_skipped_silently_are_missed(skipped: int) -> None:
    stream = Stream()
    stream.run(3000, jitter=0.0003)
    stream.run(3000, jitter=0.0003, skip=skipped)
    assert stream.missed == skipped
    assert stream.counters[callback.LONGEST_GAP] > skipped * 0.001


def test_blocks_that_took_too_long_are_missed() -> None:
    stream = Stream()
    stream.run(2000)
    stream.run(5, spent=0.0015)
    stream.run(3000)
    assert stream.missed == 5


def test_a_device_with_blocks_in_store_misses_none_of_a_late_one() -> None:
    stream = Stream()
    stream.run(2000, ahead=0.016)
    stream.run(5, spent=0.0015, ahead=0.016)
    stream.run(3000, ahead=0.016)
    assert stream.missed == 0


def test_a_change_of_the_latency_is_no_missed_block() -> None:
    stream = Stream()
    stream.run(1000)
    stream.run(3000, ahead=0.0027)
    stream.run(3000)
    assert stream.missed == 0


def test_a_stream_time_that_wanders_is_no_missed_block() -> None:
    stream = Stream()
    for step in range(200):
        stream.run(50, ahead=0.02 + 0.01 * np.sin(step / 10))
    assert stream.missed == 0


def test_what_the_driver_reports_is_flagged_not_missed() -> None:
    stream = Stream()
    stream.run(2000)
    stream.run(2, spent=0.0015, skip=4)
    stream.run(300)
    stream.run(1, flags=FLAGGED)
    stream.run(3000)
    assert stream.missed == 0
    assert stream.counters[callback.FLAGGED] == 1


def test_drifting_clocks_are_no_missed_blocks() -> None:
    stream = Stream()
    for _ in range(600):
        stream.run(100)
        stream.now += 0.1 * 100e-6  # 100 ppm: a minute of it is six blocks
    assert stream.missed == 0


def test_cpu_load_is_the_part_of_a_block_that_computing_takes() -> None:
    stream = Stream()
    stream.run(5000, spent=0.00025)
    assert stream.counters[callback.CPU_LOAD] == pytest.approx(0.25, abs=0.01)
