"""How cameras are written, and the directions in which they see.

A camera is written as engine.sight.camera.open_camera names it, and may say where it looks: "1@90". "panorama:" before
it means that its pictures are equirectangular panoramas: they hold everything around, and are seen as several views.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from engine.errors import UserError
from engine.parameters import LAYERS

PANORAMA = "panorama:"
AROUND = (0.0, 90.0, 180.0, -90.0)
"""Where the views of a panorama look, degrees from its middle: four of 90 degrees see each thing around once."""
_WRITTEN = re.compile(rf"\s*({PANORAMA})?\s*(.*?)\s*(@[+-]?\d+(?:\.\d+)?)?\s*", re.DOTALL)


class Written(NamedTuple):
    """The parts of a written camera: PANORAMA or "", what opens, and "@DEGREES" or ""."""

    prefix: str
    source: str
    suffix: str


@dataclass(frozen=True, slots=True)
class View:
    """One direction in which pictures are seen.

    camera: its number, from 0. azimuth: where that is, degrees, above -180 to 180, 0 ahead, 90 left. within: where in
    the panorama of its camera, degrees from the middle; None if the camera's whole picture is the view.
    """

    camera: int = 0
    azimuth: float = 0.0
    within: float | None = None


def written(camera: str) -> Written:
    """Take a written camera apart."""
    match = _WRITTEN.fullmatch(camera)
    assert match is not None  # everything may be empty
    prefix, source, suffix = match.groups("")
    return Written(prefix, source, suffix)


def views_of(cameras: Sequence[str]) -> tuple[View, ...]:
    """Return the views of cameras as they are written, in their order.

    Cameras that don't say where they look are spread evenly around to the left: of two, the second looks back. Raises
    UserError if there is no camera, a direction is out of range, or there are more views than layers.
    """
    if not cameras:
        raise UserError("expected at least one camera")
    views = []
    for number, camera in enumerate(cameras):
        prefix, _, suffix = written(camera)
        azimuth = float(suffix[1:]) if suffix else 360 * number / len(cameras)
        if abs(azimuth) > 360:
            raise UserError(f"expected a direction from -360 to 360 degrees after the @ of camera '{camera}'")
        for within in AROUND if prefix else (None,):
            views.append(View(number, 180 - (180 - azimuth - (within or 0)) % 360, within))
    if len(views) > LAYERS:
        raise UserError(f"these cameras see {len(views)} views, a panorama {len(AROUND)}; expected at most {LAYERS}, "
                        "one for each layer")
    return tuple(views)
