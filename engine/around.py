"""From panoramas to what they sound like in each direction."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.approximate import stored_index
from engine.library import Library
from engine.nearest import Nearest, Ranked
from engine.sight.eye import check_classes
from engine.sight.match import MIXTURE
from engine.sight.panorama import LARGEST, check_panorama, shown
from engine.sight.pictures import Picture, fit
from engine.sight.stage import Encoder
from engine.sight.views import PANORAMA, views_of

SCENE = 3
"""How many classes of a direction are told."""
CATEGORIES = 3
"""How many categories of clips there are at least among the matches, if the library has so many that are near."""
_CANDIDATES = 512  # clips that are looked at


@dataclass(frozen=True, slots=True, eq=False)
class Direction:
    """What a panorama shows, and which clips fit, in one direction.

    azimuth: degrees from the picture's middle, 90 is left. p: distribution float32 [classes]; embedding: float32 [D].
    scene: the SCENE most probable classes with their p. matches: clips, best first.
    """

    azimuth: float
    p: NDArray[np.float32]
    embedding: NDArray[np.float32]
    scene: tuple[tuple[str, float], ...]
    matches: tuple[Ranked, ...]


class Around:
    """An eye that looks around, and a library."""

    def __init__(self, eye: Encoder, library: Library) -> None:
        """Raises UserError if the two do not speak of the same classes."""
        check_classes(eye.classes, library)
        self._eye = eye
        self._labels = [clip.category for clip in library.clips]
        self._nearest = Nearest(library.log_q, library.embedding, MIXTURE, stored_index(library, MIXTURE))

    def look(self, panorama: Picture, name: str, top: int) -> tuple[Direction, ...]:
        """Look at an equirectangular panorama, uint8 [height, width, 3] RGB, in the directions in which the instrument
        does, and name the `top` clips that are nearest in each, and the nearest of the CATEGORIES nearest categories.

        name: of the panorama, for people. Raises UserError if it is not twice as wide as high.
        """
        check_panorama(panorama, name)
        small = fit(panorama, LARGEST)
        directions = []
        for view in views_of([PANORAMA]):
            p, embedding = self._eye.see(shown(small, view))
            best = np.argsort(-p, kind="stable")[:SCENE]
            near = self._nearest.query(p, embedding, max(top, _CANDIDATES)).ranked(self._labels)
            scene = tuple((self._eye.classes[i], float(p[i])) for i in best)
            directions.append(Direction(view.azimuth, p, embedding, scene, _matches(near, top)))
        return tuple(directions)


def _matches(near: Sequence[Ranked], top: int) -> tuple[Ranked, ...]:
    firsts: dict[str, Ranked] = {}
    for match in near:
        firsts.setdefault(match.label, match)
    return *near[:top], *(match for match in [*firsts.values()][:CATEGORIES] if match not in near[:top])
