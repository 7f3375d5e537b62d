"""From pictures to what they sound like, without a camera or a loudspeaker."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.approximate import stored_index
from engine.library import Library
from engine.nearest import Nearest, Ranked
from engine.shared import SCENE_TOP
from engine.show import Show
from engine.sight.eye import Eye, check_classes
from engine.sight.match import MIXTURE
from engine.sight.pictures import Picture

SECONDS = 20.0
"""How long each picture sounds."""
_FADE_OUT = 2.0


@dataclass(frozen=True)
class Imagined:
    """What a picture is taken for, the most probable classes with their p, and the clips that fit it, best first."""

    scene: tuple[tuple[str, float], ...]
    matches: tuple[Ranked, ...]


class Imagination:
    """An eye and a library together."""

    def __init__(self, eye: Eye, library: Library) -> None:
        """Raises UserError if the two do not speak of the same classes."""
        check_classes(eye.classes, library)
        self._eye, self._library = eye, library
        self._labels = [clip.category for clip in library.clips]
        self._nearest = Nearest(library.log_q, library.embedding, MIXTURE, stored_index(library, MIXTURE))

    def imagine(self, picture: Picture, top: int, within: float = math.inf) -> Imagined:
        """Look at a picture, uint8 [height, width, 3] RGB, and name the `top` clips that are nearest, out of those that
        are `within` a distance."""
        p, embedding = self._eye.see(picture)
        scene = tuple((self._eye.classes[i], float(p[i])) for i in np.argsort(-p, kind="stable")[:SCENE_TOP])
        if within < math.inf:
            found = self._nearest.within(p, embedding, within)[:top]
        else:
            found = self._nearest.query(p, embedding, top)
        return Imagined(scene, tuple(found.ranked(self._labels)))

    def soundscape(self, pictures: Sequence[Picture], show: Show) -> Iterator[NDArray[np.float32]]:
        """Play the pictures one after the other, SECONDS each, as a camera that saw them would be played.

        Yields blocks of float32 [show.sound.block, channels of the show's layout] at show.sound.rate. Raises UserError
        if a clip is gone.
        """
        from engine.offline import Rendering  # its kernels take a while to load, and are compiled at the first use

        rate = show.sound.rate
        frames = round(SECONDS * len(pictures) * rate)
        begin = 0
        for block in Rendering(show, self._library, self._eye, [_Slides(pictures)], np.zeros((frames, 1), np.float32)):
            left = (frames - begin - np.arange(len(block))) / (_FADE_OUT * rate)
            yield block * np.minimum(left, 1).astype(np.float32)[:, None]
            begin += len(block)


class _Slides:
    """Pictures that are shown one after the other; a camera for engine.offline."""

    name = "slides"
    fps = 2.0

    def __init__(self, pictures: Sequence[Picture]) -> None:
        self._pictures = pictures

    def at(self, seconds: float) -> Picture | None:
        number = int(seconds / SECONDS)
        return self._pictures[number] if number < len(self._pictures) else None

    def close(self) -> None:
        """Nothing to release."""
