"""The live stages on a virtual clock: the same frames, samples, show and seed give the same soundscape, bit for bit."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.dream.listen import Listener
from engine.dream.painter.painter import Dreamer
from engine.dream.painter.recorded import Sitting
from engine.library import Library
from engine.parameters import INDEX, PARAMETERS
from engine.shared import Event
from engine.show import Show
from engine.sight.match import Matcher
from engine.sight.panorama import shown
from engine.sight.pictures import Picture, fit
from engine.sight.sources import Recording
from engine.sight.stage import Encoder, Seen, Sight
from engine.sight.views import View
from engine.sound.follower import Follower
from engine.sound.mixer import Mixer
from engine.sound.spatial import parse_layout
from engine.sound.voices import Voices
from engine.voice.voice import Occasions, Voice

OnPicture = Callable[[Picture, float], None]
"""Takes a picture and its time, s."""


@dataclass(frozen=True, slots=True)
class LayerStart:
    """A clip that begins: when (s), in which layer (from 1), its index in the library, KL from the picture in nats, and
    where that was seen (degrees, 0 ahead, 90 left)."""

    t: float
    layer: int
    clip: int
    kl: float
    azimuth: float


@dataclass(slots=True)
class Score:
    """What happened in a rendering; times in seconds."""

    cuts: list[float] = field(default_factory=list)
    onsets: list[float] = field(default_factory=list)
    beats: list[float] = field(default_factory=list)
    layers: list[LayerStart] = field(default_factory=list)


def frame_rate(show: Show, cameras: Sequence[Recording]) -> float:
    """Return how many frames a second are seen of `cameras` together: those of the fastest, or fewer if so asked."""
    fastest = max(camera.fps for camera in cameras)
    return min(show.sight.fps or fastest, fastest)


class Rendering:
    """A show played offline: iterate over it once for blocks of sound, float32 [show.sound.block, channels].

    The channels are those of the show's layout. eye: the encoder of the pictures. cameras: pictures over time.
    microphone: float32 [n, channels] at the show's rate; the rendering lasts as long as it does, and a shorter camera
    recording begins again. on_frame: told each picture of the first camera and its time, before the sound from then
    on. views: what the cameras see; they take turns, one looks at each frame. dream: paints what is heard at the show's
    dream/rate, if anything does; on_dream: told each picture that it paints, likewise. The internal clock keeps time,
    whatever the show says. `score` says what happened.
    """

    def __init__(self, show: Show, library: Library, eye: Encoder, cameras: Sequence[Recording],
                 microphone: NDArray[np.float32], on_frame: OnPicture | None = None,
                 views: Sequence[View] = (View(),), dream: Dreamer | None = None,
                 on_dream: OnPicture | None = None) -> None:
        parameters = np.array([p.default for p in PARAMETERS])
        for path, value in show.parameters.items():
            parameters[INDEX[path]] = value
        self.score = Score()
        self.rate, self.block = show.sound.rate, show.sound.block
        self.fps = frame_rate(show, cameras)
        self._library, self._cameras, self._views = library, cameras, views
        self._microphone, self._on_frame = microphone, on_frame
        self._mixer = Mixer(self.rate, parameters, show.seed, layout=parse_layout(show.sound.layout))
        self._sight = Sight(eye, Matcher.of(library), lambda path: float(parameters[INDEX[path]]),
                            [view.azimuth for view in views])
        self._listener = Listener(self.rate, parameters)
        self._voices, self._occasions = Voices(self._mixer), Occasions()
        self._voice = Voice(show.sight.voice, show.sound.rate, show.seed)
        self._follower = Follower(self._mixer, self._slot, parameters, voice=lambda: self._voices.newest)
        self._parameters = parameters
        self._on_dream = on_dream
        self._sitting = self._seated(show, dream) if dream else None
        self._slots: dict[int, int] = {}
        self._made = 0

    def __len__(self) -> int:
        """How many blocks there are."""
        return -(-len(self._microphone) // self.block)

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        frames = 0
        self._mixer.tempo(0.0, self._parameters[INDEX["tempo/bpm"]], 0)
        for number in range(len(self)):
            begin = number * self.block
            while frames / self.fps <= begin / self.rate:
                self._look(frames / self.fps, frames % len(self._views))
                frames += 1
            heard = self._microphone[begin:begin + self.block]
            for hop in self._listener.push(heard, (begin + len(heard)) / self.rate):
                for kind, time, strength in hop.events:
                    (self.score.onsets if kind is Event.ONSET else self.score.beats).append(time)
                    if kind is Event.ONSET:
                        self._mixer.onset()
                        if self._sitting:
                            self._sitting.hear_onset(strength)
            self._paint((begin + len(heard)) / self.rate)
            self._mixer.hear(heard)
            self._voices.poll()
            self._follower.step()
            yield self._mixer.process(len(heard))

    def _seated(self, show: Show, dream: Dreamer) -> Sitting:
        def get(path: str) -> float:
            return float(self._parameters[INDEX[path]])

        seed = show.seed if show.dream.seed is None else show.dream.seed
        return Sitting(dream, self._microphone, self.rate, get("dream/rate"), (show.dream.width, show.dream.height),
                       seed, get, get("tempo/bpm"))

    def _paint(self, until: float) -> None:
        while self._sitting and self._sitting.due < until:
            picture, t = self._sitting.paint()
            if self._on_dream:
                self._on_dream(picture, t)

    def _look(self, t: float, number: int) -> None:
        if (self._on_frame or self._sitting) and (first := self._cameras[0].at(t)) is not None:
            if self._on_frame:
                self._on_frame(fit(first), t)
            if self._sitting:
                self._sitting.see(fit(first))
        view = self._views[number]
        picture = self._cameras[view.camera].at(t)
        if picture is None:
            return
        picture = shown(picture, view)
        seen = self._sight.step(picture, t, number)
        if self._occasions.step(self._parameters, seen.cut):
            self._made += 1
            self._voices.offer(self._made, self._voice.sound_of(picture, self._made))
        if seen.cut:
            self.score.cuts.append(t)
        if seen.targets.changed:
            self._note(seen, t)
            self._follower.aim(seen.targets.clip.tolist(), seen.targets.weight.tolist(), seen.fade,
                               self._sight.azimuth.tolist())

    def _note(self, seen: Seen, t: float) -> None:
        for change in seen.targets.changes:
            if change.now:
                self.score.layers.append(LayerStart(t, change.layer + 1, change.now.clip, change.now.kl,
                                                    float(self._sight.azimuth[change.layer])))

    def _slot(self, clip: int) -> int:
        """Return the slot of `clip`, loading it at once: offline nobody waits."""
        if clip not in self._slots:
            self._slots = {other: slot for other, slot in self._slots.items() if not self._mixer.unload(slot)}
            self._slots[clip] = next(slot for slot in range(len(self._slots) + 1) if slot not in self._slots.values())
            self._mixer.load(self._slots[clip], self._library.load(clip, self.rate))
        return self._slots[clip]
