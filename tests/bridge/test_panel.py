"""What the terminal shows: the scene, the layers and the troubles, at every moment of a run."""

import io
from types import SimpleNamespace

import numpy as np
from rich.console import Console

from bridge.panel import panel
from engine.shared import FEATURES, MATCH, NO_CLIP, Session
from engine.show import OutputConfig, Show


def shown(session: Session, said: tuple[str, ...] = (), page: str = "") -> str:
    """Return the panel as plain text."""
    console = Console(file=io.StringIO(), width=120)
    console.print(panel(session, said, page=page))
    return console.file.getvalue()


def test_before_the_first_picture_and_block_it_says_what_is_missing(session: Session) -> None:
    text = shown(session, ("sight: camera 'x' is not there",))
    for what in ("waiting for the camera", "silence", "no input", "no audio device", "no picture", "is not there"):
        assert what in text


def test_scene_layers_and_levels_are_named(session: Session) -> None:
    match = np.zeros((), MATCH)
    match["scene_name"] = (b"beach", b"forest", b"street", b"church", b"harbor")
    match["scene_p"] = [0.5, 0.2, 0.1, 0.1, 0.1]
    match["clip"] = NO_CLIP
    match["clip"][14], match["weight"][14] = 0, 1
    match["title"][14], match["category"][14] = b"long waves", b"sea_waves"
    session.match.write(match)
    features = np.zeros((), FEATURES)
    features["rms"], features["bands"], features["pitch"], features["tempo"] = -20, -30, 440, 121
    session.features.write(features)
    session.tell("sound/running", 1)
    session.tell("sight/connected", 1)
    text = shown(session)
    for what in ("beach", "50%", "15 long waves", "sea_waves", "-20.0 dBFS", "440 Hz", "121 BPM"):
        assert what in text
    assert "no audio device" not in text
    assert text.count("sea_waves") == 1  # layers that play nothing take no room


def test_names_are_shown_as_they_are(session: Session) -> None:
    match = np.zeros((), MATCH)
    match["scene_name"][0] = b"[/indoor] [red]bar"
    match["clip"] = NO_CLIP
    match["clip"][0], match["title"][0], match["category"][0] = 0, b"take [a] [/b]", b"[c]"
    session.match.write(match)
    text = shown(session)
    for name in ("[/indoor] [red]bar", "take [a] [/b]", "[c]"):
        assert name in text


def test_controllers_show_that_they_are_heard(session: Session) -> None:
    assert "MIDI" not in shown(session)
    session.tell("faces/midi_received", 7)
    assert "MIDI 7 in, 0 out" in " ".join(shown(session).replace("│", " ").split())


def test_panic_can_be_seen(session: Session) -> None:
    session.match.write(np.zeros((), MATCH))
    session.set("master/panic", 1)
    assert "PANIC" in shown(session)


def test_a_recording_and_its_losses_can_be_seen(session: Session) -> None:
    assert "records" not in shown(session)
    session.set("master/record", 1)
    assert "records  nothing" in shown(session)
    session.tell("sound/recorded_s", 3723.4)
    session.tell("sound/record_dropped", 640)
    assert "records  1:02:03, 640 frames lost" in shown(session)


def test_each_picture_output_and_who_receives_it_can_be_seen() -> None:
    session = Session.create(Show(outputs=(OutputConfig("jitter", "10.0.0.2:7474"), OutputConfig("mjpeg", "", "camera"),
                                           OutputConfig("file", "a.mp4"))).to_dict())
    try:
        for number, name, value in ((1, "active", 1), (1, "receivers", 1), (1, "fps", 30), (1, "latency_ms", 1.5),
                                    (1, "arrival_ms", 2), (1, "dropped", 3), (1, "missed", 4), (2, "active", 1)):
            session.tell(f"output/{number}/{name}", value)
        text = " ".join(shown(session).replace("│", " ").split())
        assert ("1 dream by jitter 10.0.0.2:7474 1 receiving, 30/s, 3.5 ms, 7 missed 2 camera by mjpeg nobody receives "
                "3 dream by file a.mp4 off") in text
    finally:
        session.close()


def test_the_address_of_the_page_stays_in_sight(session: Session) -> None:
    assert "http://localhost:9003/" in shown(session, ("one", "two", "three", "four", "five"), "http://localhost:9003/")
    assert " page " not in shown(session)


def cued(session: Session, current: str, waiting: str = "", names: tuple[str, ...] = ("dusk", "noon", "n" * 30)) -> str:
    """The panel's line of cues; "" if there is none."""
    console = Console(file=io.StringIO(), width=120)
    cues = SimpleNamespace(names=lambda: names, current=current, waiting=waiting)
    console.print(panel(session, (), cues, "space → next"))
    return next((line for line in console.file.getvalue().splitlines() if "  cues  " in line), "")


def test_the_newest_cue_stands_between_its_neighbours_and_the_keys_beside_them(session: Session) -> None:
    assert "cues   → dusk   space → next" in cued(session, "")
    assert "dusk ← noon → nnnnnnnnnnnnnnnnnnn…   space" in cued(session, "noon")
    assert "dusk ← noon waits → nnn" in cued(session, "dusk", "noon")
    assert "noon ← nnnnnnnnnnnnnnnnnnn…   space" in cued(session, "n" * 30)
    assert cued(session, "", names=()) == ""
