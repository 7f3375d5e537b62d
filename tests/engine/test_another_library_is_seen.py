"""SIGHT with another library: the layers change all at once, or not at all."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from engine.clock import VirtualClock
from engine.library import Library
from engine.shared import NO_CLIP, Session
from engine.sight.player import Looker
from engine.sight.sources import Frame
from engine.sight.views import View, views_of
from tests.engine.seeing import CLASSES, LABELS, ColourEye, library, log_q, picture


def usual(session: Session, clock: VirtualClock, folder: Path, views: Sequence[View] = (View(),)) -> Looker:
    return Looker(session, ColourEye(), library(folder, CLASSES, log_q(), LABELS), clock, views)


def other_library(folder: Path) -> Library:
    """As many sounds of each class, called otherwise."""
    return library(folder, CLASSES, log_q(), [f"other {label}" for label in LABELS])


def swapped(session: Session, clock: VirtualClock, folder: Path, views: Sequence[View] = (View(),)) -> Looker:
    return Looker(session, ColourEye(), other_library(folder), clock, views, number=3)


def titles(record: np.ndarray) -> set[str]:
    return {name.decode() for name in record["category"].tolist() if name}


def test_another_library_takes_over_whole_with_its_first_match(session: Session, tmp_path: Path) -> None:
    clock = VirtualClock(50)
    usual(session, clock, tmp_path).look(Frame(picture(0), clock.now()))
    before = session.match.read()
    assert before is not None and before["library"] == 0 and titles(before) <= set(CLASSES)
    swapped(session, clock, tmp_path / "other").look(Frame(picture(0), clock.now()))
    after = session.match.read()
    assert after is not None and after["library"] == 3 and after["folder"].item().decode() == str(tmp_path / "other")
    assert titles(after) == {f"other {label}" for label in titles(before)}
    assert after["command"] == before["command"] + 1
    again = swapped(session, clock, tmp_path / "other")
    again.look(Frame(picture(0), clock.now()))
    resumed = session.match.read()
    assert resumed is not None and resumed["command"] == after["command"], "a restart of SIGHT moves no layer"


def test_frozen_layers_outlast_a_change_of_library(session: Session, tmp_path: Path) -> None:
    clock = VirtualClock(50)
    usual(session, clock, tmp_path).look(Frame(picture(0), clock.now()))
    before = session.match.read()
    assert before is not None
    session.set("match/freeze", 1)
    look = swapped(session, clock, tmp_path / "other")
    look.look(Frame(picture(3), clock.now()))
    frozen = session.match.read()
    assert frozen is not None and frozen["library"] == 0 and frozen["command"] == before["command"]
    np.testing.assert_array_equal(frozen["clip"], before["clip"])
    session.set("match/freeze", 0)
    look.look(Frame(picture(3), clock.now()))
    free = session.match.read()
    assert free is not None and free["library"] == 3 and "other church" in titles(free)


@pytest.mark.parametrize("comes", [True, False], ids=["once all are seen", "or a second later"])
def test_all_views_change_library_together(session: Session, tmp_path: Path, comes: bool) -> None:
    clock = VirtualClock(50)
    views = views_of(("ahead@0", "behind@180"))
    first = usual(session, clock, tmp_path, views)
    for view in range(2):
        first.look(Frame(picture(view), clock.now()), view)
    look = swapped(session, clock, tmp_path / "other", views)
    look.look(Frame(picture(0), clock.now()), 0)
    waiting = session.match.read()
    assert waiting is not None and waiting["library"] == 0 and (waiting["clip"][:2] != NO_CLIP).all()
    clock.advance(0.1 if comes else 1.1)
    view = 1 if comes else 0
    look.look(Frame(picture(view), clock.now()), view)
    changed = session.match.read()
    assert changed is not None and changed["library"] == 3
    assert (changed["clip"][:2] != NO_CLIP).tolist() == [True, comes]
