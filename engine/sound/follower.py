"""Brings the mixer's layers to what the match wants."""

from collections.abc import Callable, Sequence

from engine.parameters import LAYERS
from engine.shared import NO_CLIP
from engine.sound.mixer import Mixer


class Follower:
    """Knows what each layer plays and what it shall play.

    slot: returns the mixer slot that holds a clip, or None while it is not in memory; then the layer goes on with
    what it plays and is asked for again at the next step.
    """

    def __init__(self, mixer: Mixer, slot: Callable[[int], int | None]) -> None:
        self._mixer, self._slot = mixer, slot
        self._playing = [(NO_CLIP, 0.0)] * LAYERS
        self._targets = list(self._playing)
        self._fade = 0.0

    def aim(self, clips: Sequence[int], levels: Sequence[float], fade: float) -> None:
        """Set the targets: for each layer a clip (NO_CLIP for none) and its level 0 to 1, and the crossfade in s."""
        self._targets = list(zip(clips, levels, strict=True))
        self._fade = fade

    def step(self) -> None:
        """Start what is missing, as far as the clips are in memory and the mixer has room for commands."""
        for layer, target in enumerate(self._targets):
            if target != self._playing[layer] and self._start(layer, *target):
                self._playing[layer] = target

    def _start(self, layer: int, clip: int, level: float) -> bool:
        if clip == self._playing[layer][0]:
            return self._mixer.level(layer, level, self._fade)
        if clip == NO_CLIP:
            return self._mixer.start(layer, NO_CLIP, 0.0, self._fade)
        slot = self._slot(clip)
        return slot is not None and self._mixer.start(layer, slot, level, self._fade)
