"""A whole Ableton Link session with us and another real peer, told as one JSON object; run it in a network of its own.

    unshare -rn sh -c 'ip link set lo up; exec python -m tests.link_session'
"""

import json
import time
from collections.abc import Callable

import link

from bridge.link import LinkPeer
from engine.clock import MonotonicClock
from engine.shared import Session
from engine.tempo.keeper import LINK, TempoKeeper
from engine.tempo.timeline import Tempo

PATIENCE = 20.0


class Ours:
    """Our side: a keeper that follows Link, with the knob at `bpm`."""

    def __init__(self, bpm: float) -> None:
        self.session, self.clock, self.said = Session.create({}), MonotonicClock(), []
        self.session.set("tempo/bpm", bpm)
        self.session.set("tempo/source", LINK)
        self.peer = LinkPeer(self.session, self.clock)
        self.keeper = TempoKeeper(self.session, self.clock, self.said.append, {LINK: self.peer})
        self.largest_step = 0.0

    @property
    def tempo(self) -> Tempo:
        return Tempo.of(self.session.tempo.read())

    def step(self) -> None:
        self.keeper.step()
        time.sleep(0.005)

    def until(self, condition: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + PATIENCE
        while not condition() and time.monotonic() < deadline:
            self.step()
        return condition()

    def run(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            before = self.session.tempo.read()
            self.step()
            now = self.clock.now()
            if before is not None:
                self.largest_step = max(self.largest_step, abs(self.tempo.beat_at(now) - Tempo.of(before).beat_at(now)))

    def phase_against(self, other: link.Link) -> float:
        """Return by how many beats our place in the bar is ahead of the other peer's."""
        state = other.captureAppSessionState()
        ours, theirs = self.tempo.beat_at(self.clock.now()), state.phaseAtTime(other.clock().micros(), 4)
        return (ours - theirs + 2) % 4 - 2

    def close(self) -> None:
        self.peer.close()
        self.session.close()


def joined(bpm: float) -> link.Link:
    """Return another peer."""
    other = link.Link(bpm)
    other.enabled = True
    return other


def main() -> None:
    """Run it all."""
    told: dict[str, object] = {}
    other = joined(100)
    time.sleep(1)
    ours = Ours(133)
    ours.step()
    told["found"] = ours.until(lambda: int(ours.session.tempo.read()["peers"]) == 1)
    ours.run(1.5)
    told["theirs_after_join"] = other.captureAppSessionState().tempo()
    told["ours_after_join"] = ours.tempo.bpm
    told["phase_after_join"] = ours.phase_against(other)
    ours.largest_step = 0.0
    ours.session.set("tempo/bpm", 90)
    ours.until(lambda: abs(other.captureAppSessionState().tempo() - 90) < 0.01)
    ours.run(1)
    told["theirs_after_turn"] = other.captureAppSessionState().tempo()
    told["phase_after_turn"] = ours.phase_against(other)
    other.enabled = False
    told["left"] = ours.until(lambda: int(ours.session.tempo.read()["source"]) == 0)
    ours.run(0.5)
    told["alone"] = ours.tempo.bpm
    told["largest_step"] = ours.largest_step
    second = joined(140)
    told["found_again"] = ours.until(lambda: int(ours.session.tempo.read()["peers"]) == 1)
    ours.run(1)
    told["theirs_who_joined_us"] = second.captureAppSessionState().tempo()
    told["phase_who_joined_us"] = ours.phase_against(second)
    ours.close()
    print(json.dumps(told))


if __name__ == "__main__":
    main()
