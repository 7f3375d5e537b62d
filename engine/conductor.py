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
from engine.errors import UserError, to_stderr
from engine.modelnames import Kind
from engine.morph import Morpher
from engine.player import CONFIGURATION_WRONG, MODEL, STANDBY
from engine.shared import LIVE_MODELS, Event, Session
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
    """Who uses a kind of model, in which table of the configuration it stands, and how a wish for another ends."""

    player: str
    table: str
    swapped: Event
    refused: Event


_USES: dict[Kind, _Use] = {
    "eye": _Use("sight", "sight", Event.EYE_SWAPPED, Event.EYE_REFUSED),
    "dream": _Use("painter", "dream", Event.DREAM_SWAPPED, Event.DREAM_REFUSED),
}


@dataclass(slots=True)
class _Candidate:
    """A process that loads the model of a wish, to take over once it stands by."""

    wish: int
    file: str
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
        self.morpher = Morpher(self.session, self.clock, snapshots or Snapshots())
        self._players = {name: _Player(name) for name in PLAYERS if name != "painter" or config["dream"]["on"]}
        self._relays: dict[int, threading.Thread] = {}
        self._heard = dict.fromkeys(LIVE_MODELS, 0)  # numbers of the newest wishes
        self._candidates: dict[Kind, _Candidate] = {}

    def start(self) -> None:
        """Start all players; there is no PAINTER where the configuration switches it off."""
        for player in self._players.values():
            self._spawn(player)

    def poll(self) -> None:
        """Restart players that died or hang, follow wishes, and move what morphs; call it a few dozen times a second.

        Raises UserError if a player that never ran finds that it was asked for something that doesn't exist.
        """
        now = self.clock.now()
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
        for kind in LIVE_MODELS:
            self._hear_wish(kind, now)
            self._follow_candidate(kind, now)

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

    def _hear_wish(self, kind: Kind, now: float) -> None:
        wish = self.session.wishes[kind].read()
        if wish is None or wish["number"] == self._heard[kind]:
            return
        self._heard[kind] = int(wish["number"])
        if kind in self._candidates:  # only the newest wish counts
            self._end(self._candidates.pop(kind).process)
        file = os.fsdecode(wish["file"].item())
        if (player := self._players.get(_USES[kind].player)) is None:
            self._refuse(kind, file, self._heard[kind], now)
            return
        process = self._process(player, STANDBY, f"{MODEL}={file}")
        self._candidates[kind] = _Candidate(self._heard[kind], file, process, now)

    def _follow_candidate(self, kind: Kind, now: float) -> None:
        if (candidate := self._candidates.get(kind)) is None:
            return
        if self.session.told(f"{_USES[kind].player}/candidate_pid") == candidate.process.pid:
            del self._candidates[kind]
            self._take_over(kind, candidate)
        elif candidate.process.poll() is not None or now - candidate.started > FIRST_SIGN:
            del self._candidates[kind]
            self._end(candidate.process)
            self._refuse(kind, candidate.file, candidate.wish, now)

    def _refuse(self, kind: Kind, file: str, wish: int, now: float) -> None:
        use = _USES[kind]
        self._say(f"the {kind} '{file}' was refused; all goes on as before")
        self.session.count(f"{use.player}/refusals")
        self.session.events["conductor"].write(use.refused, now, wish)

    def _take_over(self, kind: Kind, candidate: _Candidate) -> None:
        """Let a loaded process follow the present one at once; only one may have the camera or the frame slot."""
        use = _USES[kind]
        player = self._players[use.player]
        config = self.session.config
        config[use.table]["model"] = candidate.file
        self.session.reconfigure(config)
        self._end(player.process, player.standby)
        player.standby = candidate.process
        self._spawn(player)
        self.session.count(f"{use.player}/swaps")
        self.session.events["conductor"].write(use.swapped, self.clock.now(), candidate.wish)

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
        return now - self.session.told(f"{player.name}/alive") > HUNG_AFTER

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
