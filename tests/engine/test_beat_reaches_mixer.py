"""The mixer is told the beat in output frames: exact on average, deaf to late blocks, latency made up for."""

import numpy as np
import pytest

from engine.shared import TEMPO
from engine.sound.callback import MISSED, account, new_counters
from engine.sound.pulse import Pulse
from engine.tempo.timeline import Tempo

RATE, BLOCK, LATENCY = 48000, 256, 0.02


class Device:
    """A device that calls back for blocks of its own clock's time; the mixer that it plays remembers what it is told.

    late: seconds by which each block is late, drawn when it is called. pace: of the device's clock.
    """

    def __init__(self, late: list[float], pace: float = 1.0) -> None:
        self.counters = new_counters()
        self.pulse = Pulse(self, RATE, LATENCY)
        self.lines: list[tuple[int, Tempo]] = []
        self._late, self._pace = late, pace
        self._blocks = 0
        self.record: np.ndarray | None = None
        self.full = False

    def tempo(self, beat: float, bpm: float, frame: int) -> bool:
        """Mixer.tempo."""
        if not self.full:
            self.lines.append((frame, Tempo(frame / RATE, beat, bpm)))
        return not self.full

    def due(self, block: int) -> float:
        """Return the clock time at which a block is due."""
        return 50 + block * BLOCK / RATE / self._pace

    def play(self, seconds: float) -> None:
        for _ in range(round(seconds * RATE / BLOCK)):
            begun = self.due(self._blocks) + self._late[self._blocks % len(self._late)]
            account(self.counters, RATE, BLOCK, begun, begun + 1e-4, begun + LATENCY, LATENCY, 0)
            self._blocks += 1
            self.pulse.step(self.record, self.counters)

    def heard(self, line: Tempo, beat: float) -> float:
        """Return the clock time at which `beat` of a told line is heard."""
        return self.due(0) + line.time_of(beat) / self._pace + LATENCY


def record(tempo: Tempo) -> np.ndarray:
    return np.array((tempo.time, tempo.beat, tempo.bpm, 0, 0), TEMPO)


def steps(device: Device) -> np.ndarray:
    """Return how far each told line is from the one before, in beats, where it begins."""
    return np.array([new.beat_at(new.time) - old.beat_at(new.time)
                     for (_, old), (_, new) in zip(device.lines, device.lines[1:], strict=False)])


@pytest.mark.parametrize("pace", [1.0, 1.0002, 0.9998])
def test_a_beat_is_heard_at_its_time_however_late_the_blocks_are(pace: float) -> None:
    late = np.random.default_rng(1).exponential(0.002, 997).tolist()
    device, tempo = Device(late, pace), Tempo(48.7, 11.0, 133.0)
    device.record = record(tempo)
    device.play(10)
    for _, line in device.lines[len(device.lines) // 2:]:
        beat = np.ceil(line.beat)
        assert device.heard(line, beat) == pytest.approx(tempo.time_of(beat), abs=0.0007)
    assert np.abs(steps(device)).max() < 1e-9
    assert device.counters[MISSED] == 0


def test_the_beat_is_told_again_four_times_a_second() -> None:
    device = Device([0.0])
    device.record = record(Tempo(50, 0, 120))
    device.play(5)
    assert 19 <= len(device.lines) <= 25
    assert all(0 < b - a <= 0.26 * RATE for (a, _), (b, _) in zip(device.lines, device.lines[1:], strict=False))


def test_a_new_tempo_is_told_at_once_and_without_a_step() -> None:
    device, tempo = Device([0.0, 0.003]), Tempo(50, 0, 120)
    device.record = record(tempo)
    device.play(3)
    told, after = len(device.lines), tempo.at(device.due(0) + 3.0, 90)
    device.record = record(after)
    device.play(BLOCK / RATE)
    assert len(device.lines) == told + 1
    device.play(3)
    assert np.abs(steps(device)).max() < 1e-9
    line = device.lines[-1][1]
    assert device.heard(line, 20) == pytest.approx(after.time_of(20), abs=0.0005)


def test_another_place_in_the_song_is_taken_at_once() -> None:
    device = Device([0.0])
    device.record = record(Tempo(50, 7.3, 120))
    device.play(2)
    start = Tempo(52.0, 0.0, 120)
    device.record = record(start)
    device.play(BLOCK / RATE)
    assert device.heard(device.lines[-1][1], 8) == pytest.approx(start.time_of(8), abs=0.0005)


def test_a_device_that_skips_is_caught_up_with_without_a_step() -> None:
    device, tempo = Device([0.0, 0.001]), Tempo(50, 0, 120)
    device.record = record(tempo)
    device.play(4)
    device._blocks += 4  # the device went on without us: all that follows is later
    skipped = 4 * BLOCK / RATE
    device.play(6)
    assert np.abs(steps(device)).max() < 1e-9
    assert device.heard(device.lines[-1][1], 30) + skipped == pytest.approx(tempo.time_of(30), abs=0.0005)


def test_what_the_mixer_had_no_room_for_is_told_again() -> None:
    device = Device([0.0])
    device.record = record(Tempo(50, 0, 120))
    device.play(1)
    device.record = record(Tempo(50, 0, 120).at(51, 90))
    device.full = True
    device.play(0.1)
    device.full = False
    device.play(BLOCK / RATE)
    assert device.lines[-1][1].bpm == pytest.approx(90, rel=0.25)


def test_without_a_beat_or_a_block_nothing_is_told() -> None:
    device = Device([0.0])
    device.pulse.step(record(Tempo(50, 0, 120)), device.counters)
    device.play(1)
    assert device.lines == []
