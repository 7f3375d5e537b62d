"""From pictures to what they sound like, without a camera or a loudspeaker."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.errors import UserError
from engine.library import RATE, Library
from engine.parameters import INDEX, LAYERS, PARAMETERS
from engine.shared import NO_CLIP, SCENE_TOP
from engine.sight.eye import Eye
from engine.sight.match import Matcher, Ranked, Rules
from engine.sight.pictures import fit, read_picture
from engine.sound.mixer import SLOTS, Mixer

SECONDS = 20.0
FADE_IN, FADE_OUT = 0.5, 2.0
_BLOCK = 480


@dataclass(frozen=True, eq=False)
class Imagined:
    """What a picture is taken for and what it sounds like.

    p: float32 [classes], the eye's distribution; scene: its most probable classes with their p, and matches: the
    clips that fit it, best first.
    """

    p: NDArray[np.float32]
    scene: tuple[tuple[str, float], ...]
    matches: tuple[Ranked, ...]


class Imagination:
    """An eye and a library together."""

    def __init__(self, eye: Eye, library: Library) -> None:
        """Raises UserError if the two do not speak of the same classes."""
        if eye.classes != library.classes:
            raise UserError(f"the library {library.folder} knows other scene classes than the eye does; index its "
                            f"sounds again: phonoscope index {library.root} -o {library.folder}")
        self._eye = eye
        self._matcher = _matcher(library)

    def imagine(self, picture: str | Path, top: int) -> Imagined:
        """Look at a picture file and name the `top` clips, or all there are; UserError if it can't be read."""
        p, _ = self._eye.see(fit(read_picture(picture)))
        scene = tuple((self._eye.classes[i], float(p[i])) for i in np.argsort(-p, kind="stable")[:SCENE_TOP])
        return Imagined(p, scene, tuple(self._matcher.rank(p, top)))


def soundscape(library: Library, scenes: Sequence[NDArray[np.float32]], file: Path, seed: int = 0) -> None:
    """Write a WAV file in which each scene (p float32 [classes]) sounds for SECONDS, one crossfaded into the next.

    All parameters stand at their defaults. Raises UserError if the file can't be written or a clip is gone.
    """
    parameters = np.array([parameter.default for parameter in PARAMETERS])
    mixer = Mixer(RATE, parameters, seed)
    matcher = _matcher(library)
    slots: dict[int, int] = {}
    try:
        with soundfile.SoundFile(file, "w", RATE, 2, "PCM_24", format="WAV") as out:
            for number, p in enumerate(scenes):
                targets = matcher.choose(p, number * SECONDS, _rules(parameters), cut=True)
                fade = parameters[INDEX["crossfade/time"]] if number else FADE_IN
                slots = {clip: slot for clip, slot in slots.items() if not mixer.unload(slot)}
                for layer, (clip, weight) in enumerate(zip(targets.clip.tolist(), targets.weight, strict=True)):
                    if clip != NO_CLIP and clip not in slots:
                        slots[clip] = min(set(range(SLOTS)) - set(slots.values()))
                        mixer.load(slots[clip], library.load(clip, RATE))
                    mixer.start(layer, slots.get(clip, -1), float(weight), fade)
                last = number == len(scenes) - 1
                _play(mixer, out, SECONDS - FADE_OUT * last)
            for layer in range(LAYERS):
                mixer.start(layer, -1, 0, FADE_OUT)
            _play(mixer, out, FADE_OUT)
    except (OSError, soundfile.LibsndfileError) as error:
        raise UserError(f"{file}: can't be written: {error}") from None


def _rules(parameters: NDArray[np.float64]) -> Rules:
    layers, hysteresis, hold, focus, diversity = (
        float(parameters[INDEX[f"match/{name}"]]) for name in ("layers", "hysteresis", "hold", "focus", "diversity"))
    return Rules(int(layers), hysteresis, hold, focus, bool(diversity))


def _play(mixer: Mixer, out: soundfile.SoundFile, seconds: float) -> None:
    for _ in range(round(seconds * RATE / _BLOCK)):
        out.write(mixer.process(_BLOCK))


def _matcher(library: Library) -> Matcher:
    return Matcher(library.log_q, [clip.category for clip in library.clips])
