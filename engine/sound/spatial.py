"""Where sound comes from: output layouts and the gains with which a direction reaches their channels.

Azimuths are in degrees, counterclockwise seen from above: 0 ahead, 90 left, -90 right (the convention of Ambisonics).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError
from engine.telemetry import MOST_CHANNELS

STEPS = 1440
"""Directions for which gains are kept: one every quarter of a degree."""
_CLOSEST = 2.0
"""Loudspeakers that are nearer to each other, degrees, are taken for a slip."""
_WIDE = 175.0
"""Between loudspeakers that are further apart, degrees, vector base panning jumps from one to the other."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the output's channels are.

    azimuths: where each is heard from, degrees; None where that is nowhere: the LFE, and all of Ambisonics but W. Those
    of headphones count as stereo's. virtual: azimuths of the loudspeakers that the mixer plays on instead, where the
    output is made of them afterwards.
    """

    name: str
    azimuths: tuple[float | None, ...]
    virtual: tuple[float, ...] = ()

    @property
    def channels(self) -> int:
        """How many channels the output has."""
        return len(self.azimuths)

    @property
    def bus(self) -> int:
        """How many channels directions are mixed into: the output's, or the virtual loudspeakers."""
        return len(self.virtual or self.azimuths)


STEREO = Layout("stereo", (30.0, -30.0))
AMBISONIC = Layout("ambisonic", (0.0, None, None, None))
_ORDER = 7
BINAURAL = Layout("binaural", STEREO.azimuths, tuple(i * 360 / (2 * _ORDER + 1) for i in range(-_ORDER, _ORDER + 1)))
LAYOUTS = {layout.name: layout for layout in (
    Layout("mono", (0.0,)),
    STEREO,
    Layout("quad", (45.0, -45.0, 135.0, -135.0)),
    Layout("5.1", (30.0, -30.0, 0.0, None, 110.0, -110.0)),  # L R C LFE Ls Rs, ITU-R BS.775
    Layout("ring8", (0.0, -45.0, -90.0, -135.0, 180.0, 135.0, 90.0, 45.0)),
    AMBISONIC,
    BINAURAL,
)}
"""The layouts that have names. ring8 begins ahead and goes on clockwise."""
_EXPECTED = (f"expected {', '.join(LAYOUTS)}, or the azimuths of 2 to {MOST_CHANNELS} loudspeakers in degrees, "
             'such as "30 -30 110 -110" (0 is ahead, 90 left)')


def parse_layout(spec: str) -> Layout:
    """Return the layout that `spec` means: a name of LAYOUTS, or azimuths (-360 to 360) with spaces or commas between.

    Raises UserError for anything else, and for loudspeakers less than two degrees apart.
    """
    name = spec.strip().lower()
    if name in LAYOUTS:
        return LAYOUTS[name]
    try:
        azimuths = [float(word) for word in name.replace(",", " ").split()]
    except ValueError:
        azimuths = []
    if not 2 <= len(azimuths) <= MOST_CHANNELS or not all(abs(azimuth) <= 360 for azimuth in azimuths):
        raise UserError(f"layout '{spec}': {_EXPECTED}")
    azimuths = [180 - (180 - azimuth) % 360 for azimuth in azimuths]
    around = sorted(azimuths)
    gaps = zip(around, [*around[1:], around[0] + 360], strict=True)
    if near := [f"{a:g} and {b:g}" for a, b in gaps if b - a < _CLOSEST]:
        raise UserError(f"layout '{spec}': expected loudspeakers at least {_CLOSEST:g} degrees apart, not at {near[0]}")
    return Layout(" ".join(f"{azimuth:g}" for azimuth in azimuths), tuple(azimuths))


@cache
def gain_table(layout: Layout) -> NDArray[np.float32]:
    """Return the gains float32 [STEPS + 1, layout.bus] of directions from -180 to 180 degrees.

    Loudspeakers: at most two sound, with power 1, as `_pan` says. Ambisonics: AmbiX, that is ACN order (W Y Z X) and
    SN3D (Nachbar, Zotter, Deleflie, Sontacchi 2011, "AmbiX - A suggested Ambisonics format"), W = 1. Binaural: all
    circular harmonics that the ring of virtual loudspeakers can hold, so that a direction between two of them sounds
    like one of them: the gains are a periodic sinc, their sum and their power are 1.
    """
    directions = np.linspace(-180, 180, STEPS + 1)
    if layout == AMBISONIC:
        around = np.radians(directions)
        w, z = np.ones_like(around), np.zeros_like(around)
        return np.stack([w, np.sin(around), z, np.cos(around)], 1).astype(np.float32)
    if layout == BINAURAL:
        off = np.radians(directions[:, None] - np.array(layout.virtual))
        harmonics = [2 * np.cos(order * off) for order in range(1, _ORDER + 1)]
        return np.asarray((1 + np.sum(harmonics, 0)) / layout.bus, np.float32)
    gains = np.zeros((STEPS + 1, layout.bus), np.float32)
    speakers = sorted((azimuth, channel) for channel, azimuth in enumerate(layout.azimuths) if azimuth is not None)
    azimuths, channels = [azimuth for azimuth, _ in speakers], [channel for _, channel in speakers]
    for row, direction in zip(gains, directions, strict=True):
        row[channels] = _pan(float(direction), azimuths)
    return gains


def _pan(direction: float, azimuths: list[float]) -> NDArray[np.float64]:
    """Return the gains of the loudspeakers at `azimuths`, ascending, for a direction; all in degrees.

    The two around the direction sound by vector base amplitude panning, with power 1 (Pulkki 1997, J. Audio Eng. Soc.
    45(6), section 2.1). That has no answer where they are half a circle or more apart. In a gap of more, what lies
    beyond the ends of the arc of loudspeakers is heard at its mirror image on the arc, or at the nearer end: with
    stereo, behind sounds as ahead. Between two at opposite sides the angle itself pans, with equal power.
    """
    gains = np.zeros(len(azimuths))
    starts = np.array(azimuths)
    gaps = np.append(starts[1:], starts[0] + 360) - starts
    widest = int(np.argmax(gaps))
    if gaps[widest] > 180:
        arc = 360 - gaps[widest]
        middle = starts[widest] + gaps[widest] + arc / 2
        off = 180 - (180 - (direction - middle)) % 360
        off = np.copysign(180 - abs(off), off) if abs(off) > 90 else off
        direction = middle + min(max(off, -arc / 2), arc / 2)
    beyond = (direction - starts + 1e-9) % 360
    one = int(np.argmin(beyond))
    other = (one + 1) % len(starts)
    gap, angle = gaps[one], min(max(beyond[one] - 1e-9, 0.0), gaps[one])
    if gap > _WIDE:
        pair = np.cos(np.pi / 2 * angle / gap), np.sin(np.pi / 2 * angle / gap)
    else:
        pair = np.sin(np.radians(gap - angle)), np.sin(np.radians(angle))
    gains[one] += pair[0]
    gains[other] += pair[1]  # a single loudspeaker is its own neighbour
    return gains / np.linalg.norm(gains)
