"""The keyboard while the instrument plays, in a real terminal: what keys do, and that the terminal comes back."""

import os
import pty
import select
import signal
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge.desk import Desk
from bridge.keys import Keys, pressed
from engine.clock import VirtualClock
from engine.cues import CueList
from engine.morph import Morpher
from engine.shared import Session
from engine.show import CueConfig
from engine.snapshots import Snapshots
from tests.servers import until

ROOT = Path(__file__).parents[2]
PLAYER = """
import signal, sys, time
sys.path.insert(0, {root!r})
from bridge.terminal import open_terminal
def end(number, frame): raise SystemExit(0)
for number in signal.SIGTERM, signal.SIGHUP:
    signal.signal(number, end)
terminal, turns = open_terminal(), open(__file__ + ".turns", "ab", 0)
try:
    while True:
        typed = terminal.read()
        turns.write(b".")
        if typed:
            print("typed", typed.hex(), flush=True)
        if typed == b"!":
            raise RuntimeError("a crash")
        time.sleep(0.01)
finally:
    terminal.close()
"""
"""Reads keys as `phonoscope play` does, and tells them."""


class Typed:
    """A terminal in which somebody types."""

    def __init__(self) -> None:
        self.typed = b""

    def read(self) -> bytes:
        typed, self.typed = self.typed, b""
        return typed

    def close(self) -> None:
        pass


class Player:
    """Keys in the hand of somebody who plays three cues."""

    def __init__(self, session: Session) -> None:
        self.session, self.said, self.taps, self.terminal = session, [], 0, Typed()
        clock, snapshots = VirtualClock(100.0), Snapshots()
        self.cues = CueList([CueConfig("a"), CueConfig("b"), CueConfig("c"), CueConfig("lost", snapshot="none")],
                            session, Morpher(session, clock, snapshots), snapshots, clock, self.said.append)
        self.keys = Keys(self.terminal, session, Desk(tap=self.tap, cues=self.cues), self.said.append)

    def tap(self) -> None:
        self.taps += 1

    def types(self, keys: bytes) -> str:
        """Type, one poll, and return which cue was launched last."""
        self.terminal.typed = keys
        self.keys.poll()
        self.cues.poll()
        return self.cues.current


def test_keys_launch_cues(session: Session) -> None:
    player = Player(session)
    assert [player.types(keys) for keys in (b" ", b"\x1b[C", b"\x1b[D", b"3", b"\x1bOD", b"9")] == list("abacbb")
    player.types(b"4")
    assert player.said == ["there is no snapshot 'none'; there are none yet"]


def test_keys_panic_record_and_tap(session: Session) -> None:
    player = Player(session)
    for path, key in (("master/panic", b"p"), ("master/record", b"r")):
        player.types(key)
        assert session.get(path) == 1
        player.types(key)
        assert session.get(path) == 0
    player.types(b"ttt")
    assert player.taps == 3


def test_without_cues_their_keys_do_nothing(session: Session) -> None:
    terminal = Typed()
    keys = Keys(terminal, session, Desk(), pytest.fail)
    terminal.typed = b" 1\x1b[Ct"
    keys.poll()


@pytest.mark.parametrize(("typed", "keys", "rest"), [
    (b"p \x1b[C\x1b[D", ["p", " ", "right", "left"], b""),
    (b"\x1b[1;5p1", ["1"], b""),            # a key of several bytes holds figures and letters
    (b"\x1b[3~\x1bOPp", ["p"], b""),
    (b"\x1bp\x1b r", ["r"], b""),           # Alt and a key is another key
    ("ä1é".encode(), ["1"], b""),
    (b"p\x1b", ["p"], b"\x1b"),
    (b"p\x1b[1;", ["p"], b"\x1b[1;"),
    (b"\x1bO", [], b"\x1bO"),
    (b"\x1b\x1b[C", ["[", "C"], b""),
    (b"\n\x00", ["\n", "\x00"], b""),
])
def test_only_whole_keys_count(typed: bytes, keys: list[str], rest: bytes) -> None:
    assert pressed(typed) == (keys, rest)


def test_a_key_that_comes_in_parts_is_one_and_escape_alone_is_none(session: Session) -> None:
    player = Player(session)
    player.types(b"\x1b[")
    assert player.types(b"C") == "a"
    player.types(b"\x1b")
    player.types(b"")
    assert player.types(b"C") == "a" and player.types(b"2") == "b"


class Screen:
    """A program in a terminal of its own, whose keys are typed here."""

    def __init__(self, *command: str) -> None:
        self.pid, self.end = pty.fork()
        if self.pid == 0:
            os.execvp(command[0], command)
        self.shown = b""

    def type(self, keys: bytes) -> None:
        os.write(self.end, keys)

    def shows(self, text: bytes) -> bool:
        while select.select([self.end], [], [], 0)[0]:
            try:
                self.shown += os.read(self.end, 4096)
            except OSError:  # the program has ended
                break
        return text in self.shown

    @property
    def is_by_line(self) -> bool:
        """Whether the terminal is as programs usually find it: lines, with an echo."""
        modes = termios.tcgetattr(self.end)[3]
        return bool(modes & termios.ICANON) and bool(modes & termios.ECHO)

    @property
    def foreground(self) -> int:
        """The group of processes that has the terminal."""
        return os.tcgetpgrp(self.end)

    def wait(self, condition: Callable[[], bool], why: str) -> None:
        try:
            until(lambda: self.shows(b"") and condition(), 60, why)
        finally:
            print(f"the screen shows {self.shown!r}")  # pytest shows it if this failed


@pytest.fixture
def screen() -> Iterator[Callable[..., Screen]]:
    screens: list[Screen] = []

    def open_screen(*command: str) -> Screen:
        screens.append(Screen(*command))
        return screens[-1]

    yield open_screen
    for one in screens:
        os.kill(one.pid, signal.SIGKILL)
        os.waitpid(one.pid, 0)
        os.close(one.end)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "player.py"
    path.write_text(PLAYER.format(root=str(ROOT)))
    return path


# A shell of this kind doesn't repair the terminal behind the programs that it runs: what comes back, they gave back.
SHELL = ("/bin/sh", "-i")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a terminal of Unix")


@pytest.mark.parametrize("end", [b"!", b"\x03", b"\x1c", signal.SIGTERM, signal.SIGHUP],
                         ids=["a crash", "Ctrl-C", "Ctrl-backslash", "SIGTERM", "SIGHUP"])
def test_however_it_ends_the_terminal_is_as_before(screen: Callable[..., Screen], program: Path,
                                                   end: bytes | signal.Signals) -> None:
    shell = screen(*SHELL)
    shell.type(f"{sys.executable} {program}\n".encode())
    shell.wait(lambda: not shell.is_by_line, "keys are read")
    shell.type(b"a")
    shell.wait(lambda: shell.shows(b"typed 61"), "the key")
    if isinstance(end, bytes):
        shell.type(end)
    else:
        os.kill(shell.foreground, end)
    shell.wait(lambda: shell.foreground == shell.pid, "the end")
    assert shell.is_by_line


def test_suspended_it_gives_the_terminal_back_and_resumed_it_reads_keys_again(screen: Callable[..., Screen],
                                                                              program: Path) -> None:
    shell = screen(*SHELL)
    shell.type(f"{sys.executable} {program}\n".encode())
    for round_ in range(2):
        shell.wait(lambda: not shell.is_by_line, "keys are read")
        shell.type(b"a")
        shell.wait(lambda: shell.shows(b"typed 61"), "the key")
        shell.shown = b""
        shell.type(b"\x1a")
        shell.wait(lambda: shell.shows(b"topped"), "it is suspended")
        assert shell.is_by_line
        if round_ == 0:
            shell.type(b"fg\n")
    shell.type(b"bg\n")
    turns = program.with_name(f"{program.name}.turns")
    before = turns.stat().st_size
    shell.wait(lambda: turns.stat().st_size > before + 5, "it goes on in the background")
    assert shell.is_by_line, "what runs in the background leaves the terminal alone"
    shell.type(b"fg\n")
    shell.wait(lambda: not shell.is_by_line, "keys are read")
    shell.type(b"\x03")
    shell.wait(lambda: shell.is_by_line, "it is as before")


def test_without_a_terminal_there_are_no_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from bridge.terminal import open_terminal

    with (tmp_path / "in").open("w+") as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert open_terminal() is None
    monkeypatch.setattr(sys, "stdin", None)
    assert open_terminal() is None
