"""Values that cross processes arrive whole or not at all, the newest wins, and nothing is left behind."""

import multiprocessing
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from engine.errors import UserError
from engine.parameters import PARAMETERS
from engine.shared import FRAME_SHAPE, INPUT_FRAMES, MATCH, Event, Histogram, Session, running


def _write_matches(folder: str, count: int) -> None:
    session = Session.attach(folder)
    record = np.zeros((), MATCH)
    for i in range(1, count + 1):
        record["command"], record["clip"], record["weight"], record["frame_time"] = i, i, i, i
        session.match.write(record)


def test_a_record_is_never_seen_half_written(session: Session) -> None:
    writer = multiprocessing.get_context("spawn").Process(target=_write_matches, args=(str(session.folder), 20_000))
    writer.start()
    newest = 0
    while newest < 20_000:
        record = session.match.read()
        if record is not None:
            values = {int(record["command"]), int(record["frame_time"]), *map(int, record["clip"]),
                      *map(int, record["weight"])}
            assert len(values) == 1
            newest = max(values)
        elif not writer.is_alive() and session.match.read() is None:
            pytest.fail("the last record can't be read")
    writer.join()


def test_a_writer_that_died_inside_a_record_is_recovered_by_its_successor(session: Session) -> None:
    record = np.zeros((), MATCH)
    session.match.write(record)
    session.match._sequence[0] += np.uint64(1)  # as a kill -9 in the middle of a write leaves it
    assert session.match.read() is None
    record["command"] = 5
    session.match.write(record)
    read = session.match.read()
    assert read is not None
    assert int(read["command"]) == 5


def test_mailbox_is_empty_before_the_first_record(session: Session) -> None:
    assert session.features.read() is None


def test_events_come_in_order_and_overwritten_ones_are_counted(session: Session) -> None:
    ring = session.events["dream"]
    for i in range(3):
        ring.write(Event.ONSET, float(i), a=i)
    events, lost = ring.read(0)
    assert [(int(e["number"]), float(e["time"])) for e in events] == [(1, 0.0), (2, 1.0), (3, 2.0)]
    assert lost == 0
    for i in range(1000):
        ring.write(Event.BEAT, float(i))
    events, lost = ring.read(3)
    assert len(events) + lost == 1000
    assert int(events[-1]["number"]) == 1003
    assert [int(e["number"]) for e in events] == list(range(1004 - len(events), 1004))


def test_events_of_several_threads_are_all_kept(session: Session) -> None:
    ring = session.events["conductor"]

    def write(strength: float) -> None:
        for _ in range(2000):
            ring.write(Event.ONSET, 0.0, strength)

    threads = [threading.Thread(target=write, args=(float(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ring.written == 8000
    events, _ = ring.read(7900)
    assert [int(event["number"]) for event in events] == list(range(7901, 8001))


def test_audio_ring_gives_what_was_written_across_its_end(session: Session) -> None:
    ring = session.input
    start = INPUT_FRAMES - 300
    written = np.random.default_rng(0).standard_normal((1000, 2)).astype(np.float32)
    ring.frames[(start + np.arange(1000)) % INPUT_FRAMES] = written
    ring.header[0] = start + 1000
    read = ring.read(start, 1000)
    assert read is not None
    np.testing.assert_array_equal(read, written)


def test_audio_ring_refuses_what_is_not_there_yet_or_any_more(session: Session) -> None:
    session.input.header[0] = 10 * INPUT_FRAMES
    assert session.input.read(10 * INPUT_FRAMES - 10, 20) is None
    assert session.input.read(8 * INPUT_FRAMES, 20) is None
    assert session.input.read(10 * INPUT_FRAMES - 20, 20) is not None


def test_newest_frame_wins(session: Session) -> None:
    assert session.frame.read() is None
    for i in range(1, 6):
        session.frame.write(np.full((4 * i, 3, 3), i, np.uint8), float(i))
    read = session.frame.read()
    assert read is not None
    frame, time, number = read
    assert (frame.shape, time, number) == ((20, 3, 3), 5.0, 5)
    assert (frame == 5).all()


def test_a_frame_that_is_too_large_is_refused(session: Session) -> None:
    with pytest.raises(ValueError, match="exceeds"):
        session.frame.write(np.zeros((FRAME_SHAPE[0] + 1, FRAME_SHAPE[1], 3), np.uint8), 0.0)


def test_histogram_percentiles_are_right_to_its_bin_width(session: Session) -> None:
    histogram = session.latency["embed"]
    assert histogram.percentile_ms(50) is None
    latencies = np.random.default_rng(1).lognormal(-4, 1, 5000)
    for latency in latencies:
        histogram.add(float(latency))
    for percent in (50, 99):
        assert histogram.percentile_ms(percent) == pytest.approx(1e3 * np.percentile(latencies, percent), rel=0.03)
    histogram.add(1e9)
    assert histogram.count == 5001
    assert isinstance(histogram, Histogram)


def test_parameters_are_shared_clamped_and_kept_from_nonsense(session: Session) -> None:
    other = Session.attach(session.folder)
    assert session.set("layer/1/density", 1e9) == 6000
    assert other.get("layer/1/density") == 6000
    with pytest.raises(UserError, match="not a finite number"):
        session.set("layer/1/density", float("nan"))
    with pytest.raises(UserError, match="nearest is 'layer/1/density'"):
        session.set("layer/1/densty", 1)
    assert other.get("layer/1/density") == 6000


def test_a_session_starts_at_the_defaults(session: Session) -> None:
    assert session.parameters.tolist() == [p.default for p in PARAMETERS]


def test_closing_leaves_no_shared_memory(session: Session) -> None:
    assert session.folder.exists()
    session.close()
    assert not session.folder.exists()
    with pytest.raises(UserError, match="no running instrument"):
        Session.attach(session.folder)


def test_sessions_that_play_are_found_but_not_those_of_another_version(session: Session) -> None:
    others = Session.create({})
    try:
        assert {session.folder, others.folder} <= {found.folder for found in running()}
        (others.folder / "layout").write_text("that of another version")
        with pytest.raises(UserError, match="of another version"):
            Session.attach(others.folder)
        folders = {found.folder for found in running()}
        assert session.folder in folders and others.folder not in folders
        (others.folder / "layout").unlink()
        assert others.folder not in {found.folder for found in running()}
    finally:
        others.close()


@pytest.mark.skipif(sys.platform == "win32", reason="abandoned sessions stay in the temporary folder on Windows")
def test_what_a_killed_instrument_left_is_removed_by_the_next() -> None:
    code = ("import os; from engine.shared import Session; s = Session.create({}); "
            "print(s.folder, flush=True); os.kill(os.getpid(), 9)")
    left = Path(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip())
    assert left.exists()
    mine = Session.create({})
    assert not left.exists()
    assert str(os.getpid()) in mine.folder.name
    mine.close()
