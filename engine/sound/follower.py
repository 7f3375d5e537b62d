"""Brings the mixer's layers to what the match and the layers' own knobs want."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.parameters import CLIP, INDEX, LAYERS, MICROPHONE, VOICE
from engine.shared import NO_CLIP
from engine.sound.mixer import LIVE, Mixer
from engine.sound.voices import Held

_SOURCE = [INDEX[f"layer/{n}/source"] for n in range(1, LAYERS + 1)]
_MODE = [INDEX[f"layer/{n}/mode"] for n in range(1, LAYERS + 1)]
_CUT, _QUANTISE, _BAR = (INDEX[path] for path in ("crossfade/cut", "match/quantise", "tempo/bar"))
_AT_ONCE, _ON_BEAT = 0, 1


class _Layer(NamedTuple):
    """What a layer plays or shall play, how, how loud and from where.

    source: a value of layer/N/source. number: of the library's clip, or of the voice.
    """

    source: int
    number: int
    mode: int
    level: float
    azimuth: float


_NOTHING = _Layer(CLIP, NO_CLIP, 0, 0.0, 0.0)


class Follower:
    """Knows what each layer plays and what it shall play.

    slot: returns the mixer slot that holds a clip, or None while it is not in memory; then the layer goes on with
    what it plays and is asked for again at the next step. parameters: the block that the mixer reads. live_allowed:
    whether layers may play the microphone; if not, `refused` counts how often one was to. voice: returns the voice that
    layers can play, or None; then they play their clips.
    """

    def __init__(self, mixer: Mixer, slot: Callable[[int], int | None], parameters: NDArray[np.float64],
                 live_allowed: bool = True, voice: Callable[[], Held | None] = lambda: None) -> None:
        self.live_allowed = live_allowed
        self.refused = 0
        self._mixer, self._slot, self._voice, self._parameters = mixer, slot, voice, parameters
        self._playing = [_NOTHING] * LAYERS
        self._targets = [(NO_CLIP, 0.0, 0.0)] * LAYERS
        self._forbidden = [False] * LAYERS
        self._fade = 0.0

    def aim(self, clips: Sequence[int], levels: Sequence[float], fade: float, azimuths: Sequence[float] = ()) -> None:
        """Set the targets: for each layer a clip (NO_CLIP for none), its level 0 to 1 and direction in degrees (ahead
        if left out), and the crossfade in s."""
        self._targets = list(zip(clips, levels, azimuths or [0.0] * LAYERS, strict=True))
        self._fade = fade

    def step(self) -> None:
        """Start what is missing, as far as the clips are in memory and the mixer has room for commands."""
        for layer in range(LAYERS):
            wanted = self._wanted(layer)
            if wanted != self._playing[layer] and self._start(layer, wanted):
                self._playing[layer] = wanted

    def _wanted(self, layer: int) -> _Layer:
        clip, level, azimuth = self._targets[layer]
        source = int(self._parameters[_SOURCE[layer]])
        forbidden = source == MICROPHONE and not self.live_allowed
        self.refused += forbidden and not self._forbidden[layer]
        self._forbidden[layer] = forbidden
        mode = int(self._parameters[_MODE[layer]])
        if source == MICROPHONE and not forbidden:
            return _Layer(MICROPHONE, 0, mode, 1.0, azimuth)
        if source == VOICE and (voice := self._voice()):
            return _Layer(VOICE, voice.number, mode, 1.0, azimuth)
        return _Layer(CLIP, clip, mode, level, azimuth) if clip != NO_CLIP else _NOTHING

    def _start(self, layer: int, wanted: _Layer) -> bool:
        playing = self._playing[layer]
        same = wanted[:2] == playing[:2]
        if same and wanted.mode == playing.mode:
            return self._mixer.level(layer, wanted.level, self._fade, wanted.azimuth)
        by_match = not same and wanted.source == playing.source == CLIP  # else by a knob of the layer, or a new voice
        fade = self._fade if by_match else float(self._parameters[_CUT])
        if wanted == _NOTHING:
            return self._mixer.start(layer, -1, 0.0, fade, 0.0, self._quantum())
        slot = self._slot_of(wanted)
        return slot is not None and self._mixer.start(layer, slot, wanted.level, fade, wanted.azimuth, self._quantum())

    def _slot_of(self, wanted: _Layer) -> int | None:
        if wanted.source == MICROPHONE:
            return LIVE
        if wanted.source == VOICE:
            voice = self._voice()
            return voice.slot if voice else None
        return self._slot(wanted.number)

    def _quantum(self) -> float:
        """Return the beats that new clips wait for a multiple of."""
        choice = int(self._parameters[_QUANTISE])
        return 0.0 if choice == _AT_ONCE else 1.0 if choice == _ON_BEAT else float(self._parameters[_BAR])
