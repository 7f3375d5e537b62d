"""From pictures to what they sound like, without a camera or a loudspeaker."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.approximate import stored_index
from engine.library import Library
from engine.nearest import Nearest, Ranked
from engine.parameters import LAYERS
from engine.shared import NO_CLIP, SCENE_TOP
from engine.show import Show
from engine.sight.eye import Eye, check_classes
from engine.sight.match import MIXTURE, Matcher, Rules, shared_most
from engine.sight.pictures import Picture

SECONDS = 20.0
"""How long each picture sounds."""
_WORTH_NAMING = 0.01


@dataclass(frozen=True, eq=False)
class Imagined:
    """What a picture is taken for, the most probable classes with their p, and the clips that fit it, best first.

    p: its distribution over all classes, float32 [classes]; embedding: float32 [D], unit length.
    """

    scene: tuple[tuple[str, float], ...]
    matches: tuple[Ranked, ...]
    p: NDArray[np.float32]
    embedding: NDArray[np.float32]


@dataclass(frozen=True)
class Shared:
    """A class that a picture and a clip have in common: its probability in the picture and in the clip."""

    label: str
    p: float
    q: float


class Imagination:
    """An eye and a library together."""

    def __init__(self, eye: Eye, library: Library) -> None:
        """Raises UserError if the two do not speak of the same classes."""
        check_classes(eye.classes, library)
        self._eye, self._library = eye, library
        self._labels = [clip.category for clip in library.clips]
        self._nearest = Nearest(library.log_q, library.embedding, MIXTURE, stored_index(library, MIXTURE))
        self._matcher = Matcher(self._nearest, self._labels)

    def imagine(self, picture: Picture, top: int, within: float = math.inf) -> Imagined:
        """Look at a picture, uint8 [height, width, 3] RGB, and name the `top` clips that are nearest, out of those that
        are `within` a distance."""
        p, embedding = self._eye.see(picture)
        scene = tuple((self._eye.classes[i], float(p[i])) for i in np.argsort(-p, kind="stable")[:SCENE_TOP])
        if within < math.inf:
            found = self._nearest.within(p, embedding, within)[:top]
        else:
            found = self._nearest.query(p, embedding, top)
        return Imagined(scene, tuple(found.ranked(self._labels)), p, embedding)

    def measure(self, imagined: Imagined, clips: Sequence[int]) -> list[Ranked]:
        """Return how well the clips fit a picture, in the order given."""
        return self._nearest.measure(np.array(clips, np.intp), imagined.p, imagined.embedding).ranked(self._labels)

    def picks(self, imagined: Imagined, rules: Rules) -> list[tuple[int, float]]:
        """Return the clips that the instrument would play if it saw this picture first, and their levels."""
        nothing = np.full(LAYERS, NO_CLIP, np.int32), np.zeros(LAYERS, np.float32), np.zeros(LAYERS, np.float32)
        self._matcher.restore(*nothing, 0.0)
        targets = self._matcher.choose(imagined.p, imagined.embedding, 0.0, rules)
        return [(clip, level) for clip, level in zip(targets.clip.tolist(), targets.weight.tolist(), strict=True)
                if clip != NO_CLIP]

    def shared(self, imagined: Imagined, clip: int, top: int) -> list[Shared]:
        """Return the `top` classes that picture and clip have most in common, most first; fewer if that is little."""
        p, q = imagined.p, np.exp(self._library.log_q[clip])
        return [Shared(self._eye.classes[i], float(p[i]), float(q[i]))
                for i in shared_most(p, q, top) if min(p[i], q[i]) >= _WORTH_NAMING]

    def soundscape(self, pictures: Sequence[Picture], show: Show) -> Iterator[NDArray[np.float32]]:
        """Play the pictures one after the other, SECONDS each, as a camera that saw them would be played.

        Yields blocks of float32 [show.sound.block, channels of the show's layout] at show.sound.rate. Raises UserError
        if a clip is gone.
        """
        # The kernels take a while to load, and are compiled at the first use.
        from engine.offline import Rendering
        from engine.soundscape import fading_out

        frames = round(SECONDS * len(pictures) * show.sound.rate)
        silence = np.zeros((frames, 1), np.float32)
        blocks = Rendering(show, self._library, self._eye, [_Slides(pictures)], silence)
        return fading_out(blocks, frames, show.sound.rate)


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
