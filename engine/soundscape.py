"""Clips that somebody picked, played together by the instrument's own mixer, without a camera or a loudspeaker."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.parameters import LAYERS, PARAMETERS
from engine.shared import NO_CLIP
from engine.sound.follower import Follower
from engine.sound.mixer import Mixer

_FADE_IN_S = 0.5
_FADE_OUT_S = 2.0
_BLOCK = 4800


def soundscape(clips: Sequence[NDArray[np.float32]], levels: Sequence[float], seconds: float,
               rate: int) -> Iterator[NDArray[np.float32]]:
    """Play clips, as Library.load returns them at `rate`, each at its level, 0 to 1; LAYERS at most.

    All knobs stand at their defaults. Yields blocks of float32 [frames, 2] at `rate`, faded in and out: the same
    samples each time for the same clips and levels.
    """
    parameters = np.array([p.default for p in PARAMETERS])
    mixer = Mixer(rate, parameters)
    for slot, clip in enumerate(clips):
        mixer.load(slot, clip)
    follower = Follower(mixer, lambda slot: slot, parameters)
    rest = LAYERS - len(clips)
    follower.aim([*range(len(clips)), *[NO_CLIP] * rest], [*levels, *[0.0] * rest], _FADE_IN_S)
    follower.step()
    frames = round(seconds * rate)
    return fading_out((mixer.process(min(_BLOCK, frames - begin)) for begin in range(0, frames, _BLOCK)), frames, rate)


def fading_out(blocks: Iterable[NDArray[np.float32]], frames: int, rate: int) -> Iterator[NDArray[np.float32]]:
    """Yield the blocks [n, channels] of a sound that is `frames` long in all, its last two seconds faded to nothing."""
    begin = 0
    for block in blocks:
        left = (frames - begin - np.arange(len(block))) / (_FADE_OUT_S * rate)
        yield block * np.minimum(left, 1).astype(np.float32)[:, None]
        begin += len(block)
