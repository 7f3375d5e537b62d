"""The mapping file is read again while it plays; a broken one changes nothing, and is said once with its place."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.control import Control
from bridge.mapping.mapper import Mapper
from engine.clock import VirtualClock
from engine.errors import UserError
from engine.shared import Session

FADER, BUTTON = Control("nano", 1, "cc", 7), Control("nano", 1, "cc", 9)
GOOD = "[[mapping]]\nto = \"morph/position\"\nfrom = 'cc(\"nano\", 1, 7)'\n"
BROKEN = GOOD.replace("7)", "7")
Make = Callable[[str], Mapper]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "show.mapping.toml"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def make(session: Session, file: Path, said: list[str]) -> Make:
    def made(text: str) -> Mapper:
        file.write_text(text)
        return Mapper(session, ["beach"], file, said.append, VirtualClock())
    return made


def looked(mapper: Mapper) -> None:
    """Look until a changed file has stayed the same for a while."""
    for _ in range(3):
        mapper.look()


def test_a_new_file_works_within_two_looks(session: Session, make: Make, file: Path, said: list[str]) -> None:
    mapper = make(GOOD)
    file.write_text(GOOD + 'range = [1, 0]\n[[mapping]]\nto = "layer/1/pitch"\nfrom = "7"\n')
    mapper.look()
    assert session.told("faces/mappings") == 1  # an editor may still be writing
    mapper.look()
    assert session.told("faces/mappings") == 2
    assert said == ["show.mapping.toml: 2 mappings in use"]
    mapper.step()
    assert session.get("layer/1/pitch") == 7
    looked(mapper)
    assert len(said) == 1


def test_a_broken_file_is_said_once_and_the_old_mappings_go_on(session: Session, make: Make, file: Path,
                                                               said: list[str]) -> None:
    mapper = make(GOOD)
    mapper.moved(FADER, 0.0)
    file.write_text(BROKEN)
    looked(mapper)
    looked(mapper)
    assert len(said) == 1
    assert said[0] == (f'{file}: mapping 1 (to = "morph/position"), from: cc(port, channel, number): expected ")", got '
                       'the end\n    cc("nano", 1, 7\n                   ^\nthe mappings from before go on')
    mapper.moved(FADER, 0.25)
    assert session.get("morph/position") == 0.25
    for junk in (b"\xff", b"mapping = 3", b"\0", b"[" * 10000, b"#" * (1 << 21), b"[[mapping]]\n"):
        file.write_bytes(junk)
        looked(mapper)
    assert len(said) == 7
    file.unlink()
    looked(mapper)
    file.write_text(GOOD)
    looked(mapper)
    assert said[7:] == ["show.mapping.toml: 1 mapping in use"]


def test_what_a_line_remembers_stays_when_another_line_changes(session: Session, make: Make, file: Path) -> None:
    other = '[[mapping]]\nto = "layer/1/pitch"\nfrom = "7"\n'
    toggles = "[[mapping]]\nto = 'match/freeze'\nfrom = 'toggle(cc(\"nano\", 1, 9))'\n"
    mapper = make(other + GOOD + toggles)
    mapper.moved(BUTTON, 1)
    mapper.moved(BUTTON, 0)
    mapper.moved(FADER, 0.0)
    mapper.moved(FADER, 0.5)
    file.write_text(other.replace("7", "8") + GOOD + toggles)
    looked(mapper)
    mapper.moved(FADER, 0.9)
    assert session.get("morph/position") == 0.9
    mapper.moved(BUTTON, 1)
    assert session.get("match/freeze") == 0


def test_another_file_can_be_used_and_the_shows_again(session: Session, make: Make, tmp_path: Path,
                                                      said: list[str]) -> None:
    mapper = make(GOOD)
    mapper.moved(FADER, 0.0)
    mapper.moved(FADER, 0.5)
    (tmp_path / "b.toml").write_text(GOOD.replace("morph/position", "dream/chaos").replace("7)", "8)"))
    (tmp_path / "broken.toml").write_text(BROKEN)
    mapper.use(str(tmp_path / "b.toml"))
    mapper.moved(FADER, 0.7)
    assert session.get("morph/position") == 0.5
    for wrong in ("broken.toml", "gone.toml"):
        with pytest.raises(UserError, match=wrong):
            mapper.use(str(tmp_path / wrong))
    for value in (0.0, 0.2):
        mapper.moved(Control("nano", 1, "cc", 8), value)
    assert session.get("dream/chaos") == 0.2
    mapper.learn("dream/speed")
    mapper.moved(Control("nano", 1, "bend"), 0.5)
    mapper.use("")
    mapper.look()
    assert "dream/speed" in (tmp_path / "b.toml").read_text()
    assert (tmp_path / "show.mapping.toml").read_text() == GOOD
    assert session.told("faces/mappings") == 1
    mapper.moved(FADER, 0.5)
    assert session.get("morph/position") == 0.5
    (tmp_path / "b.toml").write_text("not in use")
    looked(mapper)
    assert "not TOML" not in "".join(said)


def test_the_threads_watch_and_write_by_themselves(session: Session, file: Path) -> None:
    told = threading.Semaphore(0)
    mapper = Mapper(session, ["beach"], file, lambda line: told.release())
    mapper.start()
    try:
        file.write_text('[[mapping]]\nto = "layer/1/pitch"\nfrom = "7"\n')
        assert told.acquire(timeout=60)
        mapper.learn("dream/speed")
        mapper.moved(FADER, 0.5)
        for _ in range(2):  # it learns, it has learnt
            assert told.acquire(timeout=60)
    finally:
        mapper.close()
    assert "dream/speed" in file.read_text()
    assert session.get("layer/1/pitch") == 7


def test_an_instrument_begins_with_a_broken_file_and_maps_nothing_until_it_is_mended(
        session: Session, make: Make, file: Path, said: list[str]) -> None:
    mapper = make(BROKEN)
    assert said[0].endswith("^\nnothing is mapped until it is mended")
    mapper.learn("dream/speed")
    mapper.moved(Control("nano", 1, "bend"), 0.5)
    looked(mapper)
    assert file.read_text() == BROKEN
    file.write_text(GOOD)
    looked(mapper)
    assert session.told("faces/mappings") == 2
    assert file.read_text().startswith(GOOD)
