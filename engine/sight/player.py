"""SIGHT live: the newest frame of a camera becomes layer targets in the session's mailbox."""

import gc
import itertools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.clock import Clock
from engine.errors import UserError
from engine.library import Library
from engine.modelfile import load_model, shipped_model
from engine.parameters import LAYERS
from engine.player import CONFIGURATION_WRONG, Life
from engine.rate import Rate
from engine.shared import MATCH, NO_CLIP, WHY_TOP, Event, Histogram, Session, fitting
from engine.sight.camera import Cameras, Change, camera_opener
from engine.sight.eye import Eye, check_classes
from engine.sight.match import Matcher, shared_most
from engine.sight.panorama import shown
from engine.sight.pictures import Picture, fit
from engine.sight.sources import Frame
from engine.sight.stage import Encoder, Seen, Sight
from engine.sight.views import View, views_of
from engine.sight.voicing import Voicing
from engine.voice.voice import Voice

MOST_FPS = 30.0
"""More frames a second than this, of all views together, are not looked at; the rest of the instrument needs the
processor too."""
_AWAITED = 1.0
_PATIENCE = 0.1  # s, between signs of life while no frame comes


class _TimedEye:
    """An eye that counts how long each frame takes it."""

    def __init__(self, eye: Encoder, clock: Clock, histogram: Histogram) -> None:
        self.classes = eye.classes
        self._eye, self._clock, self._histogram = eye, clock, histogram

    def see(self, frame: Picture) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        begun = self._clock.now()
        seen = self._eye.see(frame)
        self._histogram.add(self._clock.now() - begun)
        return seen


class Looker:
    """Takes frames and tells the session what they mean: frame slot, match mailbox, events, telemetry, latencies.

    It goes on from what the mailbox holds, so that a restart moves no layer. The frame slot shows the first camera. The
    scene is that of the view most ahead of those that have shown anything yet. voicing: what makes voices of pictures.

    number: of the library. Where the layers play the clips of another one, they go on with those until every view has
    been looked at with this one, or _AWAITED s have passed, and then they change all at once; not while frozen.
    """

    def __init__(self, session: Session, eye: Encoder, library: Library, clock: Clock,
                 views: Sequence[View] = (View(),), voicing: Voicing | None = None, number: int = 0) -> None:
        self._session, self._clock, self._views, self._voicing = session, clock, views, voicing
        self._sight = Sight(_TimedEye(eye, clock, session.latency["embed"]), Matcher.of(library), session.get,
                            [view.azimuth for view in views])
        self._off_ahead = np.argsort([abs(view.azimuth) for view in views], kind="stable").argsort()
        self._ahead = len(views)
        self._library, self._number = library, number
        self._classes = np.array([*(fitting(name, MATCH["scene_name"].base) for name in eye.classes), b""])
        self._awaited = set(range(len(views)))
        self._until = clock.now() + _AWAITED
        self._chosen = False
        self._record = np.zeros((), MATCH)
        before = session.match.read()
        if before is not None:
            self._record[...] = before
        if before is None or before["library"] == number:
            self._take_library()
        if before is not None and before["library"] == number:
            self._sight.matcher.restore(before["clip"], before["weight"], before["kl"], clock.now())
        self._record["azimuth"] = self._sight.azimuth
        self._rate = Rate(clock.now())

    def look(self, frame: Frame, number: int = 0) -> Seen:
        """Take in a frame of the camera of the view with that number, and publish what the view shows leads to."""
        session, record, view = self._session, self._record, self._views[number]
        if view.camera == 0:
            session.frame.write(fit(frame.picture), frame.time)
        picture = shown(frame.picture, view)
        seen = self._sight.step(picture, frame.time, number)
        record["frame_time"] = frame.time
        record["frames"] += 1
        if self._off_ahead[number] <= self._ahead:
            self._ahead = self._off_ahead[number]
            record["scene"], record["scene_p"] = seen.scene, seen.scene_p
            record["scene_name"] = self._classes[seen.scene]  # -1 is the empty name at the end
        self._awaited.discard(number)
        events = session.events["sight"]
        if seen.cut:
            events.write(Event.CUT, frame.time, seen.change, view.azimuth)
        changes = self._aim(seen, frame.time, number)
        session.match.write(record)
        if changes:
            events.write(Event.LAYERS, float(record["command_time"]), float(record["command"]))
        if self._voicing:
            self._voicing.look(picture, seen.cut)
        session.count("sight/frames")
        self._rate.count()
        return seen

    def _aim(self, seen: Seen, captured: float, view: int) -> bool:
        """Take what the layers shall play into the record; tells whether any gets another clip."""
        record, targets = self._record, seen.targets
        self._chosen = self._chosen or targets.changed
        swaps = bool(record["library"] != self._number)
        if swaps and not (self._chosen and (not self._awaited or self._clock.now() >= self._until)):
            return False
        self._take_library()
        record["clip"], record["weight"], record["kl"] = targets.clip, targets.weight, targets.kl
        if targets.changed or swaps:
            record["command"] += 1
            record["command_time"] = self._clock.now()
            record["cut"], record["fade"] = seen.cut, seen.fade
            self._session.latency["camera_to_command"].add(self._clock.now() - captured)
        if changes := swaps or bool(targets.changes):
            self._name(targets.clip.tolist())
        self._explain(seen.p, view)
        return changes

    def _take_library(self) -> None:
        self._record["library"], self._record["folder"] = self._number, os.fsencode(self._library.folder)

    def _name(self, clips: list[int]) -> None:
        for layer, index in enumerate(clips):
            clip = None if index == NO_CLIP else self._library.clips[index]
            for name, text in (("title", clip.title if clip else ""), ("category", clip.category if clip else "")):
                self._record[name][layer] = fitting(text, MATCH[name].base)

    def _explain(self, p: NDArray[np.float32], view: int) -> None:
        """Say of a view's layers what their clips and its picture, a distribution float32 [classes], have in common."""
        record = self._record
        for layer in range(view, LAYERS, len(self._views)):
            record["why"][layer], record["why_p"][layer], record["why_q"][layer] = b"", 0, 0
            if (clip := record["clip"][layer]) != NO_CLIP:
                q = np.exp(self._library.log_q[clip])
                for i, number in enumerate(shared_most(p, q, WHY_TOP)):
                    record["why"][layer, i] = self._classes[number]
                    record["why_p"][layer, i], record["why_q"][layer, i] = p[number], q[number]

    def tell_rate(self) -> None:
        """Publish, once a second, how many frames were embedded in it."""
        if (fps := self._rate.measured(self._clock.now())) is not None:
            self._session.tell("sight/fps", fps)

    def tell_change(self, change: Change, camera: int = 0) -> None:
        """Publish that the camera of that number was lost or is back."""
        self._session.events["sight"].write(Event.CAMERA_BACK if change.connected else Event.CAMERA_LOST, change.time,
                                            camera)
        if change.connected:
            self._session.count("sight/reconnects")


class Limiter:
    """Lets `fps` frames a second pass, evenly, and all of a camera that is no faster."""

    def __init__(self, fps: float) -> None:
        self._period = 1 / fps
        self._due = -np.inf

    def lets_pass(self, time: float) -> bool:
        """Return whether the frame captured at `time` (seconds) is due; a quarter of a period early is in time."""
        if time < self._due - self._period / 4:
            return False
        self._due = max(self._due + self._period, time)
        return True


class Turns:
    """Says which view looks at a frame: `fps` looks a second in all, shared evenly by all views.

    A frame is looked at once, however many views its camera has: by the one whose last look is longest ago.
    """

    def __init__(self, views: Sequence[View], fps: float) -> None:
        seen_by = [[number for number, view in enumerate(views) if view.camera == camera]
                   for camera in range(1 + max(view.camera for view in views))]
        self._next = [itertools.cycle(numbers) for numbers in seen_by]
        self._limiters = [Limiter(fps * len(numbers) / len(views)) for numbers in seen_by]

    def view(self, camera: int, time: float) -> int | None:
        """Return the number of the view that looks at a frame of `camera` captured at `time`; None if none does."""
        return next(self._next[camera]) if self._limiters[camera].lets_pass(time) else None


def load(config: dict[str, Any], model: str | None = None) -> tuple[Eye, Library]:
    """Return the eye and the library that `config` asks for; model: the eye's file instead ("" is the shipped one).

    Raises UserError if one of them can't be used, or if they don't fit.
    """
    file = config["sight"]["model"] if model is None else model
    library = Library.open(config["library"])  # first, for it takes less time to find that it can't be used
    eye = Eye(load_model(file or shipped_model("eye"), "eye"))
    check_classes(eye.classes, library)
    return eye, library


def play(folder: Path, loaded: tuple[Eye, Library] | None = None) -> int:
    """Run the player on the session in `folder` until it is told to stop or its parent is gone; its exit status.

    loaded: what it plays with, if that was loaded beforehand. The cameras' threads may outlast this, waiting inside a
    driver: leave the process by os._exit.
    """
    cv2.setNumThreads(1)  # frames are small, and the cores are for everyone
    life = Life("sight", folder)
    session, clock = life.session, life.clock
    config = session.config
    wanted = config["sight"]
    views = views_of(wanted["camera"])
    cameras = Cameras([camera_opener(camera, clock, seed=config["seed"] + number, say=life.say)
                       for number, camera in enumerate(wanted["camera"])], clock)
    try:
        eye, library = loaded or load(config)
    except UserError as error:
        life.say(str(error))
        return CONFIGURATION_WRONG
    voice = Voice(wanted["voice"], config["sound"]["rate"], config["seed"])
    number = config.get("library_number", 0)
    looker = Looker(session, eye, library, clock, views, Voicing(session, voice, clock, life.say), number)
    session.tell_model("eye", eye.model.name, eye.model.sha256, eye.model.path)
    gc.freeze()  # what is here now stays: no collection has to look at it again
    gc.enable()
    list(cameras.newest(0))  # they waited while the model was loaded
    turns = Turns(views, min(wanted["fps"] or MOST_FPS, MOST_FPS))
    dropped = cameras.dropped
    while life.goes_on():
        for number, change in cameras.changes():
            life.say(change.message)
            looker.tell_change(change, number)
        for number, frame in cameras.newest(_PATIENCE):
            view = turns.view(number, frame.time)
            if view is not None:
                looker.look(frame, view)
        looker.tell_rate()
        session.tell("sight/connected", cameras.connected)
        now_dropped = cameras.dropped
        session.count("sight/dropped", now_dropped - dropped)
        dropped = now_dropped
    cameras.stop()
    return 0
