"""SOUND, the player that owns the audio device: it follows the match and watches over the callback.

It waits for a device that isn't there yet. It ends with status 64 if it was asked for something that doesn't exist, and
with 75 when the device that it played on is gone: then it is to be started again, since the remains of a dead driver
can't be cleared away within a process.

For soak tests, PHONOSCOPE_GIL_HOGS=N starts N threads of pure Python here, as soon as the audio runs, that compete for
the GIL without end; the audio must not notice.
"""

import math
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, NoReturn

from engine.errors import UserError
from engine.player import CONFIGURATION_WRONG, TRY_AGAIN, Life
from engine.shared import NO_CLIP, Event
from engine.sound import callback, state
from engine.sound.audio import Audio, open_audio
from engine.sound.bank import Bank, clip_of
from engine.sound.devices import DEFAULT, DeviceError, Direction, backend, split
from engine.sound.follower import Follower
from engine.sound.loudness import Loudness
from engine.sound.mixer import Mixer
from engine.sound.pulse import Pulse
from engine.sound.recorder import Recorder
from engine.sound.spatial import parse_layout
from engine.sound.voices import Voices

_TICK = 0.005
_TELL = 0.05
_SILENT_FOR = 0.5
"""Seconds without a callback after which a device counts as gone."""
_FIRST_BLOCK = 3.0
"""Until the first; and for a clock in place of a device, which is only late where the machine is busy."""
_CLOSE = 0.4
_LOOK_FOR_DEVICE = 5.0
_LOOK_AGAIN = 0.5
_RESUME_FADE = 0.05
_END_RECORDING = 0.15


class SoundPlayer:
    """SOUND of the session in `folder`: waits for its devices and starts them; then run() it."""

    def __init__(self, folder: str | Path) -> None:
        self._life = Life("sound", folder)
        self._session = self._life.session
        config = self._session.config
        self._config: dict[str, Any] = config["sound"]
        self._rate, self._block = int(self._config["rate"]), int(self._config["block"])
        self._resumes = self._session.told("sound/blocks") > 0
        self._base = {name: self._session.told(f"sound/{name}")
                      for name in ("blocks", "missed", "flagged", "bad_samples", "degraded", "refused", "live_refused",
                                   "longest_gap_ms", "record_dropped")}
        self._mixer = Mixer(self._rate, self._session.parameters, int(config["seed"]),
                            layout=parse_layout(self._config["layout"]))
        self._library = int(config.get("library_number", 0)), Path(config["library"])
        self._bank = Bank(self._mixer, self._rate, self._life.say)
        self._recorder = Recorder(self._mixer.tape, self._rate, Path(self._config["record"]), config["name"],
                                  lambda: self._session.get("master/record") > 0, self._life.say)
        self._loudness = Loudness()
        self._measured = 0
        self._audio = self._open()
        self._voices = Voices(self._mixer)
        self._follower = Follower(self._mixer, self._bank.slot, self._session.parameters,
                                  self._config["feedback"] or not self._audio.feeds_back, lambda: self._voices.newest)
        self._pulse = Pulse(self._mixer, self._rate, self._audio.latency_ms / 1e3 + self._mixer.latency / self._rate)
        self._refused = 0
        self._onsets = self._session.events["dream"].written
        self._trouble = ""
        self._command = 0
        self._search: subprocess.Popen[bytes] | None = None
        self._next_search = self._life.clock.now() + _LOOK_FOR_DEVICE

    def run(self) -> NoReturn:
        """Play until asked to stop; ends the process."""
        started = self._life.clock.now()
        self._bank.open(*self._library)
        self._recorder.start()
        for _ in range(int(os.environ.get("PHONOSCOPE_GIL_HOGS", "0"))):
            threading.Thread(target=_hog, daemon=True).start()
        self._session.tell("sound/sample_rate", self._rate)
        self._session.tell("sound/latency_ms", self._audio.latency_ms)
        told = 0.0
        while self._life.goes_on():
            now = self._life.clock.now()
            self._follow()
            self._hear_onsets()
            self._pulse.step(self._session.tempo.read(), self._audio.played.counters)
            self._watch(now, started)
            if now - told >= _TELL:
                told = now
                self._tell()
            time.sleep(_TICK)
        self._tell()
        self._session.tell("sound/running", 0)
        self._close()
        self._recorder.close(_END_RECORDING)
        _leave(0)

    def _open(self) -> Audio:
        """Open and start the devices, waiting for them if need be."""
        waits = False
        while True:
            try:
                audio = open_audio(self._config["output"], self._config["input"], self._config["backend"], self._rate,
                                   self._block, self._mixer, self._session.input, self._life.say, self._resumes)
                audio.start()
            except DeviceError as error:
                if not (error.retry or self._resumes):
                    self._life.say(str(error))
                    _leave(CONFIGURATION_WRONG)
                if not waits:
                    self._life.say(f"{error}\nwaiting for it")
            else:
                if waits:
                    self._life.say(f"playing on {audio.what}")
                return audio
            waits = True
            again = self._life.clock.now() + _LOOK_AGAIN
            while self._life.clock.now() < again:
                if not self._life.goes_on():
                    _leave(0)
                time.sleep(_TELL)
            backend(self._config["backend"]).rescan()

    def _follow(self) -> None:
        """Bring the mixer's layers to what the match wants, as far as the clips are in memory."""
        record = self._session.match.read()
        if record is not None and int(record["command"]) != self._command:
            # A process that was started again takes the sounding layers up at once.
            fade = float(record["fade"]) if self._command or not self._resumes else _RESUME_FADE
            self._command = int(record["command"])
            library = int(record["library"])
            clips = [index if index == NO_CLIP else clip_of(library, index) for index in record["clip"].tolist()]
            self._bank.want([clip for clip in clips if clip != NO_CLIP])
            if library != self._bank.number:
                self._bank.open(library, Path(os.fsdecode(record["folder"].item())))
            self._follower.aim(clips, record["weight"].tolist(), fade, record["azimuth"].tolist())
        self._bank.poll()
        self._hear_voice()
        self._follower.step()
        if self._follower.refused != self._refused:
            self._refused = self._follower.refused
            self._life.say(f"a layer is not given the microphone: on {self._audio.what} the loudspeakers would feed "
                           "back. If you wear headphones, or know what you do, start with --allow-feedback, or put "
                           "feedback = true under [sound] in the show file")

    def _hear_voice(self) -> None:
        """Bring the newest voice that SIGHT made into the mixer."""
        box = self._session.voice
        number = box.written
        if number != self._voices.offered and (record := box.read()) is not None and box.written == number:
            self._voices.offer(number, record["sound"][:int(record["frames"]), None])
        self._voices.poll()

    def _hear_onsets(self) -> None:
        """Let the onsets that DREAM heard since the last call start grains."""
        events, lost = self._session.events["dream"].read(self._onsets)
        self._onsets += len(events) + lost
        if any(event["kind"] == Event.ONSET for event in events):
            self._mixer.onset()

    def _watch(self, now: float, started: float) -> None:
        """End the process if the device no longer calls back: its driver may hang for ever when asked to close."""
        if error := self._bank.error:
            self._bank.error = None
            self._life.say(str(error))
            if self._bank.number == self._library[0]:  # else there are clips of another library to go on with
                _leave(CONFIGURATION_WRONG)
        for one in self._audio.states:
            last = one.counters[callback.LAST]
            silent = now - (last or started)
            if silent > (_SILENT_FOR if last and self._audio.is_real else _FIRST_BLOCK):
                self._tell()
                self._life.say(f"{self._audio.what}: the device has been still for {silent:.1f} s; starting again")
                self._session.tell("sound/running", 0)
                self._recorder.close(_END_RECORDING)
                _leave(TRY_AGAIN)
        if self._audio.trouble != self._trouble:
            self._trouble = self._audio.trouble
            self._life.say(self._trouble)
        if self._audio.output_missing:
            self._look_for("output", now)
        elif self._audio.input_missing and split(self._config["input"]) != DEFAULT:
            self._look_for("input", now)

    def _look_for(self, direction: Direction, now: float) -> None:
        """Start again when a missing device is there; only a new process can see it, so one is sent to look."""
        if self._search is not None and self._search.poll() == 0:
            self._life.say(f"the audio {direction} '{self._config[direction]}' is there now; starting again")
            self._recorder.close(_END_RECORDING)
            _leave(TRY_AGAIN)
        if now >= self._next_search:
            self._next_search = now + _LOOK_FOR_DEVICE
            look = "import sys; from engine.sound.devices import is_there; sys.exit(not is_there(*sys.argv[1:]))"
            self._search = subprocess.Popen(
                [sys.executable, "-c", look, self._config[direction], direction, self._config["backend"]],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def _tell(self) -> None:
        session, meters = self._session, self._mixer.meters
        played = self._audio.played.counters
        for name, slot in (("blocks", callback.BLOCKS), ("missed", callback.MISSED)):
            session.tell(f"sound/{name}", self._base[name] + played[slot])
        for name, slot in (("flagged", callback.FLAGGED), ("bad_samples", callback.BAD_SAMPLES)):
            session.tell(f"sound/{name}", self._base[name] + sum(s.counters[slot] for s in self._audio.states))
        session.tell("sound/longest_gap_ms", max(self._base["longest_gap_ms"], 1e3 * played[callback.LONGEST_GAP]))
        session.tell("sound/cpu_load", played[callback.CPU_LOAD])
        session.tell("sound/block", played[callback.FRAMES] or self._block)
        session.tell("sound/running", played[callback.BLOCKS] > 0)
        session.tell("sound/grains", meters[state.METER_GRAINS])
        session.tell("sound/degraded", self._base["degraded"] + meters[state.METER_DEGRADED])
        session.tell("sound/refused", self._base["refused"] + meters[state.METER_REFUSED])
        session.tell("sound/live_refused", self._base["live_refused"] + self._follower.refused)
        for layer, level in enumerate(self._mixer.levels.tolist(), 1):
            session.tell(f"sound/layer/{layer}/level", 20 * math.log10(max(level, 1e-6)))
        session.tell("sound/peak", meters[state.METER_PEAK])
        session.tell("sound/reduction", meters[state.METER_REDUCTION])
        session.tell("sound/recorded_s", self._recorder.recorded / self._rate)
        session.tell("sound/record_dropped", self._base["record_dropped"] + self._recorder.dropped)
        self._tell_loudness()
        session.tell("sound/clips_loaded", self._bank.loaded)
        session.tell("sound/clips_failed", len(self._bank.failed))
        session.tell("sound/clips_evicted", self._bank.evicted)
        session.tell("sound/clips_mb", self._bank.bytes / 1e6)
        session.tell("sound/voice", self._voices.newest.number if self._voices.newest else 0)

    def _tell_loudness(self) -> None:
        session = self._session
        session.tell("sound/true_peak", self._mixer.meters[state.METER_TRUE_PEAK])
        for n, peak in enumerate(self._mixer.peaks, 1):
            session.tell(f"sound/channel/{n}/peak", peak)
        self._measured, energies = self._mixer.energies(self._measured)
        self._loudness.push(energies)
        session.tell("sound/loudness_momentary", self._loudness.momentary)
        session.tell("sound/loudness_short", self._loudness.short)
        session.tell("sound/loudness_integrated", self._loudness.integrated)

    def _close(self) -> None:
        """Fade out and give the devices back, unless their driver died and would hang for ever."""
        self._audio.played.fade_out()
        time.sleep(2 * callback.FADE_SECONDS + self._block / self._rate)
        closing = threading.Thread(target=self._audio.close, daemon=True)
        closing.start()
        closing.join(_CLOSE)


def main(folder: str) -> NoReturn:
    """Run SOUND for the session in `folder`; ends the process."""
    # Audio libraries write to the terminal whenever they please, some for each block: what they say goes nowhere.
    sys.stderr = os.fdopen(os.dup(2), "w")
    void = os.open(os.devnull, os.O_WRONLY)
    os.dup2(void, 2)
    os.close(void)
    try:
        SoundPlayer(folder).run()
    except UserError as error:
        print(f"sound: {error}", file=sys.stderr)
        _leave(CONFIGURATION_WRONG)


def _hog() -> None:
    x = 0
    while True:
        x += 1


def _leave(status: int) -> NoReturn:
    """End without the exit handlers: PortAudio's waits for ever, or aborts, when a JACK server is gone."""
    sys.stderr.flush()
    os._exit(status)
