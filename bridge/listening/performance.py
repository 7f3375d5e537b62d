"""Plays an example on the instrument's own mixer, offline."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bridge.listening.examples import MICROPHONE, Example
from engine.snapshots import Snapshot, blend
from engine.sound.mixer import LIVE, TICK, Mixer
from engine.sound.spatial import parse_layout

if TYPE_CHECKING:
    from engine.library import Library

RATE = 48_000
_FADE_OUT_S = 0.1


def perform(example: Example, library: "Library") -> NDArray[np.float32]:
    """Return the sound of an example, float32 [frames, 2] at RATE; the same every time.

    Raises UserError if a clip can't be read, KeyError if the library has none of that title.
    """
    parameters = example.moments[0].snapshot.copy()
    mixer = Mixer(RATE, parameters, layout=parse_layout(example.layout))
    slots = {MICROPHONE: LIVE}
    microphone = _clip(library, example.microphone) if example.microphone else np.zeros((TICK, 1), np.float32)
    for start in example.play:
        if start.clip not in slots:
            slots[start.clip] = len(slots)
            mixer.load(slots[start.clip], _clip(library, start.clip))
    if example.bpm is not None:
        mixer.tempo(0.0, example.bpm, 0)
    starts, onsets = list(example.play), list(example.onsets)
    blocks: list[NDArray[np.float32]] = []
    for frame in range(0, round(example.seconds * RATE), TICK):
        t = frame / RATE
        parameters[:] = _knobs(example, t)
        while starts and starts[0].at <= t:
            start = starts.pop(0)
            mixer.start(start.layer - 1, slots[start.clip], 1, start.fade)
        while onsets and onsets[0] <= t:
            del onsets[0]
            mixer.onset()
        mixer.hear(np.take(microphone, range(frame, frame + TICK), axis=0, mode="wrap"))
        blocks.append(mixer.process(TICK))
    sound = np.concatenate(blocks)
    ends = np.minimum(np.arange(len(sound))[::-1] / (_FADE_OUT_S * RATE), 1).astype(np.float32)
    return np.asarray(sound * ends[:, None], np.float32)


def _knobs(example: Example, t: float) -> Snapshot:
    """Return how the knobs stand at `t` seconds: on their way from one moment to the next."""
    number = sum(moment.at <= t for moment in example.moments)
    before, *later = example.moments[number - 1:number + 1]
    if not later:
        return before.snapshot
    return blend(before.snapshot, later[0].snapshot, (t - before.at) / (later[0].at - before.at))


def _clip(library: "Library", title: str) -> NDArray[np.float32]:
    number = next((i for i, clip in enumerate(library.clips) if clip.title == title), None)
    if number is None:
        raise KeyError(title)
    return library.load(number, RATE)
