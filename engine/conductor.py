"""Starts, watches and restarts the players, and owns the parameters.

A player is a process of its own (`python -m engine.<player> SESSION`). One that dies is started again at once, and
takes up the parameters and layer targets that the shared session still holds, while the others play on.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.clock import Clock, MonotonicClock
from engine.cues import CueList
from engine.errors import UserError, to_stderr
from engine.morph import Morpher
from engine.player import CONFIGURATION_WRONG, LIBRARY, MODEL, STANDBY
from engine.shared import WISHES, Event, Session, Wish
from engine.show import CueConfig
from engine.snapshots import Snapshots
from engine.telemetry import PLAYERS

STANDBYS = ("sight", "painter")
"""Players that have a loaded process waiting: to import torch takes as long as a player may be away."""

_PROGRAMS = {"painter": "engine.dream.painter"}
"""Modules of the players that lie elsewhere than in engine.NAME."""

HUNG_AFTER = 5.0
"""Seconds without a sign of life after which a player is killed and started again."""
FIRST_SIGN = 180.0
"""Seconds that a player has for its first sign of life; the very first start compiles its kernels."""
_AWAY = 1.0
"""Seconds between two polls from which the conductor was suspended, as by Ctrl-Z, and the players with it."""
_STEADY = 10.0
_SETTLED = 3.0
_LONGEST_PAUSE = 0.5
_GRACE = 0.6
_LAST_WORDS = 0.2
"""Seconds that the last lines of a dead player may take to be said."""


@dataclass(slots=True)
class _Player:
    name: str
    process: subprocess.Popen[bytes] | None = None
    standby: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    pause: float = 0.0
    ran: bool = False


@dataclass(frozen=True, slots=True)
class _Use:
    """Who uses what can be wished for, the option by which it is told, the table of the configuration that holds its
    model (None for the library), and how a wish for another ends."""

    player: str
    option: str
    table: str | None
    swapped: Event
    refused: Event


_USES: dict[Wish, _Use] = {
    "eye": _Use("sight", MODEL, "sight", Event.EYE_SWAPPED, Event.EYE_REFUSED),
    "library": _Use("sight", LIBRARY, None, Event.LIBRARY_SWAPPED, Event.LIBRARY_REFUSED),
    "dream": _Use("painter", MODEL, "dream", Event.DREAM_SWAPPED, Event.DREAM_REFUSED),
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """A wish that was heard: its number, and the path of what is wished for."""

    number: int
    path: str


@dataclass(slots=True)
class _Candidate:
    """A process that loads what was wished for, to take over once it stands by."""

    asked: dict[Wish, _Asked]
    process: subprocess.Popen[bytes]
    started: float


class Conductor:
    """One running instrument.

    config: what the players read from the session (`engine.show.Show.to_dict()`).
    parameters: values that differ from the defaults, by path.
    say: receives each line that a player has for the person at the terminal, from threads of its own.
    snapshots: those that `morpher` recalls and stores; by default none, kept in memory only.
    """

    def __init__(self, config: dict[str, Any], parameters: Mapping[str, float] | None = None,
                 say: Callable[[str], None] | None = None, clock: Clock | None = None,
                 snapshots: Snapshots | None = None) -> None:
        self.clock = clock or MonotonicClock()
        self._say = say or to_stderr
        self.session = Session.create(config)
        for path, value in (parameters or {}).items():
            self.session.set(path, value)
        snapshots = snapshots or Snapshots()
        self.morpher = Morpher(self.session, self.clock, snapshots)
        self.cues = CueList([CueConfig(**cue) for cue in config.get("cues", ())], self.session, self.morpher, snapshots,
                            self.clock, self._say)
        self._players = {name: _Player(name) for name in PLAYERS if name != "painter" or config["dream"]["on"]}
        self._relays: dict[int, threading.Thread] = {}
        self._library = str(config.get("library", ""))  # the show's own
        self._heard = dict.fromkeys(WISHES, 0)  # numbers of the newest wishes
        self._asked: dict[Wish, _Asked] = {}  # what waits for its candidate
        self._candidates: dict[str, _Candidate] = {}  # by player
        self._polled = self._back = self.clock.now()  # the newest poll, and the newest after it was suspended

    def start(self) -> None:
        """Start all players; there is no PAINTER where the configuration switches it off."""
        for player in self._players.values():
            self._spawn(player)

    def poll(self) -> None:
        """Launch cues, move what morphs, follow wishes, and restart players that died or hang.

        Call it a few dozen times a second.

        Raises UserError if a player that never ran finds that it was asked for something that doesn't exist.
        """
        now = self.clock.now()
        if now - self._polled > _AWAY:
            self._back = now
        self._polled = now
        self.cues.poll()
        self.morpher.poll()
        for player in self._players.values():
            if player.process is None:
                if now >= player.due:
                    self.session.count(f"{player.name}/restarts")
                    self._spawn(player)
                continue
            status = player.process.poll()
            alive = self.session.told(f"{player.name}/alive") >= player.started
            player.ran = player.ran or alive
            if status is not None:
                self._lost(player, status, now)
            elif self._hangs(player, alive, now):
                player.process.kill()
                self._lost(player, player.process.wait(), now)
            elif player.name in STANDBYS and player.standby is None and alive and now - player.started > _SETTLED:
                player.standby = self._process(player, STANDBY)
        self._hear_wishes()
        for name in STANDBYS:
            self._follow_wishes(name, now)
            self._follow_candidate(name, now)

    def stop(self) -> None:
        """End all players within a second and remove the shared memory."""
        self._end(*(process for player in self._players.values() for process in (player.process, player.standby)),
                  *(candidate.process for candidate in self._candidates.values()))
        self.session.close()

    def restarts(self) -> dict[str, int]:
        """Return how often each player was restarted."""
        return {name: int(self.session.told(f"{name}/restarts")) for name in PLAYERS}

    def _spawn(self, player: _Player) -> None:
        player.started = self.clock.now()
        player.process, player.standby = self._called(player.standby) or self._process(player), None
        self.session.events["conductor"].write(
            Event.PLAYER_STARTED, player.started, PLAYERS.index(player.name),
            self.session.told(f"{player.name}/restarts"))

    def _process(self, player: _Player, *arguments: str) -> subprocess.Popen[bytes]:
        program = _PROGRAMS.get(player.name, f"engine.{player.name}")
        process = subprocess.Popen(
            [sys.executable, "-m", program, str(self.session.folder), *arguments],
            stdin=subprocess.PIPE if arguments else subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE)
        relay = threading.Thread(target=self._relay, args=(process,), name=f"{player.name}-says", daemon=True)
        relay.start()
        self._relays[process.pid] = relay
        return process

    def _end(self, *processes: subprocess.Popen[bytes] | None) -> None:
        """End the processes that there are, within _GRACE, and let their last lines be said."""
        running = [process for process in processes if process is not None]
        for process in running:
            process.terminate()
        deadline = self.clock.now() + _GRACE
        for process in running:
            try:
                process.wait(max(0.0, deadline - self.clock.now()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self._relays.pop(process.pid).join(_LAST_WORDS)

    def _hear_wishes(self) -> None:
        for wish, mailbox in self.session.wishes.items():
            record = mailbox.read()
            if record is not None and record["number"] != self._heard[wish]:
                self._heard[wish] = int(record["number"])
                path = os.fsdecode(record["file"].item())
                self._asked[wish] = _Asked(self._heard[wish], path or (self._library if wish == "library" else ""))

    def _follow_wishes(self, name: str, now: float) -> None:
        """Start a candidate with all that is asked of a player: an eye and a library may only fit together."""
        asked = {wish: asked for wish, asked in self._asked.items() if _USES[wish].player == name}
        candidate = self._candidates.get(name)
        if not asked or (candidate and not asked.keys() & candidate.asked.keys()):
            return  # what the candidate isn't about waits until it is settled
        for wish in asked:
            del self._asked[wish]
        if candidate:  # only the newest wish counts
            self._end(candidate.process)
            asked = candidate.asked | asked
        if (player := self._players.get(name)) is None:
            self._refuse(asked, now)
            return
        options = (f"{_USES[wish].option}={one.path}" for wish, one in asked.items())
        self._candidates[name] = _Candidate(asked, self._process(player, STANDBY, *options), now)

    def _follow_candidate(self, name: str, now: float) -> None:
        if (candidate := self._candidates.get(name)) is None:
            return
        if self.session.told(f"{name}/candidate_pid") == candidate.process.pid:
            del self._candidates[name]
            self._take_over(self._players[name], candidate)
        elif candidate.process.poll() is not None or now - candidate.started > FIRST_SIGN:
            del self._candidates[name]
            self._end(candidate.process)
            self._refuse(candidate.asked, now)

    def _refuse(self, asked: Mapping[Wish, _Asked], now: float) -> None:
        for wish, one in asked.items():
            use = _USES[wish]
            self._say(f"the {wish} '{one.path}' was refused; all goes on as before")
            self.session.count(f"{use.player}/refusals")
            self.session.events["conductor"].write(use.refused, now, one.number)

    def _take_over(self, player: _Player, candidate: _Candidate) -> None:
        """Let a loaded process follow the present one at once; only one may have the camera or the frame slot."""
        config = self.session.config
        for wish, one in candidate.asked.items():
            if table := _USES[wish].table:
                config[table]["model"] = one.path
            else:
                config["library"], config["library_number"] = one.path, one.number
        self.session.reconfigure(config)
        self._end(player.process, player.standby)
        player.standby = candidate.process
        self._spawn(player)
        self.session.count(f"{player.name}/swaps")
        for wish, one in candidate.asked.items():
            self.session.events["conductor"].write(_USES[wish].swapped, self.clock.now(), one.number)

    def _called(self, standby: subprocess.Popen[bytes] | None) -> subprocess.Popen[bytes] | None:
        """Give a standby its turn and return it; None if there is none that lives."""
        if standby is None or standby.stdin is None or standby.poll() is not None:
            return None
        try:
            standby.stdin.write(b"\n")
            standby.stdin.close()
        except BrokenPipeError:
            return None
        return standby

    def _relay(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            self._say(line.decode(errors="replace").rstrip())

    def _hangs(self, player: _Player, alive: bool, now: float) -> bool:
        if not alive:
            return now - player.started > FIRST_SIGN
        return now - max(self.session.told(f"{player.name}/alive"), self._back) > HUNG_AFTER

    def _lost(self, player: _Player, status: int, now: float) -> None:
        if player.process is not None:
            self._relays.pop(player.process.pid).join(_LAST_WORDS)
            player.process = None
        if status == CONFIGURATION_WRONG and not player.ran:
            raise UserError(f"{player.name.upper()} can't start; its message is above")
        self.session.tell(f"{player.name}/pid", 0)
        if player.name == "sound":
            self.session.tell("sound/running", 0)
        # A player that keeps dying must not eat the machine; one that ran well is back at once.
        steady = player.ran and now - player.started > _STEADY
        player.pause = 0.0 if steady else min(_LONGEST_PAUSE, 2 * player.pause + 0.05)
        player.due = now + player.pause
        self.session.events["conductor"].write(Event.PLAYER_LOST, now, PLAYERS.index(player.name), status)
