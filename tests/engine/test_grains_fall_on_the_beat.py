"""SOUND follows the published beat: grains of a layer that waits for it fall on it, in whatever tempo."""

from pathlib import Path

import numpy as np
import soundfile

from engine.clock import MonotonicClock
from engine.shared import TEMPO
from engine.tempo.timeline import Tempo
from tests.engine.sound_process import RATE, small_library, sound

BPM, DIVISION = 150, 2


def onsets(samples: np.ndarray) -> np.ndarray:
    """Return the frames at which sound follows on 30 ms of silence."""
    loud = np.flatnonzero(np.abs(samples).max(axis=1) > 1e-5)
    return loud[np.diff(loud, prepend=-RATE) > 0.03 * RATE]


def test_grains_fall_on_the_beat(tmp_path: Path) -> None:
    out = tmp_path / "out.wav"
    with sound(small_library(tmp_path), str(out), clips=(0,)) as player:
        session = player.session
        for knob, value in (("emission", 2), ("division", DIVISION), ("duration", 20), ("shape", 3), ("envelope", 1)):
            session.set(f"layer/1/{knob}", value)
        clock = MonotonicClock()
        tempo = Tempo(clock.now(), 0.4, BPM)
        session.tempo.write(np.array((tempo.time, tempo.beat, tempo.bpm, 0, 0), TEMPO))
        player.plays()
        player.plays(round(6 * RATE / 256))
        assert player.stop() == 0
    began = onsets(soundfile.read(out, always_2d=True)[0])[4:]
    spaces = np.diff(began) / RATE
    assert len(spaces) > 15
    assert np.abs(spaces - 60 / BPM / DIVISION).max() < 0.002
    assert abs(spaces.mean() - 60 / BPM / DIVISION) < 0.0003
