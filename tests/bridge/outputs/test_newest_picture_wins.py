"""Which pictures an output sends: each once, the newest, not more often than asked, and what is left out is counted."""

import time

import numpy as np
import pytest

from bridge.outputs.newest import Newest
from engine.shared import Session


def picture(value: int) -> np.ndarray:
    return np.full((2, 3, 3), value, np.uint8)


def test_each_picture_is_taken_once(session: Session) -> None:
    newest = Newest(session.dream, 60)
    assert newest.take(0.0) is None
    session.dream.write(picture(7), 1.5)
    taken = newest.take(1.0)
    assert taken is not None and taken.time == 1.5 and (taken.frame == 7).all()
    assert newest.take(2.0) is None


def test_an_output_that_was_busy_gets_the_newest_and_counts_what_it_missed(session: Session) -> None:
    for value in range(5):
        session.dream.write(picture(value), value)
    newest = Newest(session.dream, 60)
    taken = newest.take(1.0)
    assert taken is not None and (taken.frame == 4).all()
    assert newest.dropped == 0  # they appeared before it was there
    for value in range(5, 9):
        session.dream.write(picture(value), value)
    assert newest.take(2.0).frame[0, 0, 0] == 8  # type: ignore[union-attr]
    assert newest.dropped == 3


@pytest.mark.parametrize(("source", "rate", "expected"), [(60, 25, 25), (30, 30, 30), (24, 60, 24), (50, 49.9, 49.9)])
def test_so_many_a_second_at_most_and_no_fewer(session: Session, source: float, rate: float, expected: float) -> None:
    newest, taken, tick, seconds = Newest(session.dream, rate), 0, 0.001, 4
    jitter = np.random.default_rng(0).uniform(-0.2, 0.2, 10_000)
    written = 0
    for now in np.arange(100, 100 + seconds, tick):
        if now - 100 >= (written + jitter[written]) / source:
            session.dream.write(picture(0), now)
            written += 1
        taken += newest.take(now) is not None
    assert abs(taken - expected * seconds) <= 2
    assert taken + newest.dropped <= written <= taken + newest.dropped + np.ceil(source / rate)


def test_the_time_at_which_a_picture_appeared_is_known(session: Session) -> None:
    before = time.monotonic()
    session.dream.write(picture(0), 3.0)
    taken = Newest(session.dream, 60).take(before)
    assert taken is not None and before <= taken.appeared <= time.monotonic()
