"""Learn: a parameter is chosen, a control is moved, and from then on it works, also after a power cut."""

import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.control import Control
from bridge.mapping.check import read
from bridge.mapping.mapper import Mapper
from engine.clock import VirtualClock
from engine.errors import UserError
from engine.parameters import INDEX
from engine.shared import Event, Session

FADER = Control("nano", 1, "cc", 7)
FINE = Control("nano", 1, "cc14", 7)
PAD = Control("pad's", 10, "note", 36)
WRITTEN = """\
# My faders, left to right. Ümläute stay.

# the big one
[[mapping]]
to = "reverb/gain"      # wet
from = 'cc("nano", 1, 1)'  # fader 1
range = [-40, 0]

# what is loud is dense
[[mapping]]
to = "layer/*/density"
from = "feature.rms"

# the last one
[[mapping]]
from = 'cc("nano", 1, 2)'
to = "reverb/time"
# (its end)
"""
Make = Callable[..., Mapper]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(10)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "show.mapping.toml"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def make(session: Session, clock: VirtualClock, file: Path, said: list[str]) -> Make:
    def made(text: str | None = None) -> Mapper:
        if text is not None:
            file.write_text(text, encoding="utf-8")
        return Mapper(session, ["beach"], file, said.append, clock)
    return made


def sources(file: Path) -> list[tuple[str, str]]:
    return [(entry.to, entry.source) for entry in read(file.read_text(encoding="utf-8"), file)]


def teach(mapper: Mapper, clock: VirtualClock, path: str, control: Control, value: float = 0.5) -> None:
    mapper.learn(path)
    mapper.moved(control, value)
    clock.advance(0.25)
    mapper.step()
    mapper.look()


def test_a_learnt_fader_works_at_once_and_after_a_restart(session: Session, make: Make, clock: VirtualClock,
                                                          file: Path) -> None:
    mapper = make()
    teach(mapper, clock, "morph/position", FADER)
    mapper.moved(FADER, 0.6)  # the hand is on it: nothing has to be picked up
    assert session.get("morph/position") == 0.6
    assert session.told("faces/mappings") == 1
    newest = session.events["conductor"].read(0)[0][-1]
    assert (newest["kind"], newest["a"]) == (Event.LEARNT, INDEX["morph/position"])
    assert sources(file) == [("morph/position", 'cc("nano", 1, 7)')]
    again = make()
    again.moved(FADER, 0.6)
    again.moved(FADER, 0.3)
    assert session.get("morph/position") == 0.3


def test_a_control_of_14_bit_is_learnt_as_one(make: Make, clock: VirtualClock, file: Path) -> None:
    mapper = make()
    for path, halves in (("morph/position", (FADER, Control("nano", 1, "cc", 39))),
                         ("dream/speed", (Control("nano", 1, "cc", 39), FADER))):
        mapper.learn(path)
        mapper.moved(halves[0], 0.5)
        clock.advance(0.001)
        mapper.moved(halves[1], 0.1)
        mapper.moved(FINE, 0.5004)
    mapper.look()
    assert sources(file) == [("morph/position", 'cc14("nano", 1, 7)'), ("dream/speed", 'cc14("nano", 1, 7)')]


@pytest.mark.parametrize(("control", "source"), [
    (PAD, 'note("pad\'s", 10, 36)'), (Control("a \"b\"", 16, "bend"), "bend('a \"b\"', 16)"),
    (Control("ü\\n", 1, "pressure"), 'pressure("ü\\n", 1)')])
def test_pads_wheels_and_pressure_are_learnt_at_once(make: Make, file: Path, control: Control, source: str) -> None:
    mapper = make()
    mapper.learn("dream/speed")
    mapper.moved(control, 0.0)
    mapper.moved(control, 0.7)
    mapper.look()
    assert sources(file) == [("dream/speed", source)]


def test_the_release_of_a_key_that_was_held_is_not_learnt(make: Make, clock: VirtualClock, file: Path) -> None:
    mapper = make()
    mapper.learn("dream/speed")
    mapper.moved(PAD, 0)
    clock.advance(1)
    mapper.step()
    mapper.look()
    assert not file.exists()


def test_comments_and_everything_else_in_the_file_stay(make: Make, clock: VirtualClock, file: Path) -> None:
    mapper = make(WRITTEN)
    teach(mapper, clock, "dream/speed", FADER)
    assert file.read_text(encoding="utf-8") == WRITTEN + """
[[mapping]]
to = "dream/speed"
from = 'cc("nano", 1, 7)'
"""


def test_another_control_takes_the_place_of_the_one_before(session: Session, make: Make, clock: VirtualClock,
                                                           file: Path) -> None:
    mapper = make(WRITTEN)
    teach(mapper, clock, "reverb/gain", FADER)
    expected = WRITTEN.replace('cc("nano", 1, 1)', 'cc("nano", 1, 7)')
    assert file.read_text(encoding="utf-8") == expected
    mapper.moved(FADER, 0.0)
    assert session.get("reverb/gain") == -40
    mapper.moved(Control("nano", 1, "cc", 1), 0.7)
    assert session.get("reverb/gain") == -40
    teach(mapper, clock, "reverb/gain", FADER)
    assert file.read_text(encoding="utf-8") == expected


def test_a_control_may_move_several_parameters(session: Session, make: Make, clock: VirtualClock) -> None:
    mapper = make()
    teach(mapper, clock, "dream/speed", FADER)
    teach(mapper, clock, "layer/*/pan", FADER)
    mapper.moved(FADER, 0.5)
    mapper.moved(FADER, 1.0)
    assert (session.get("dream/speed"), session.get("layer/16/pan")) == (4, 1)


@pytest.mark.parametrize(("path", "gone"), [
    ("reverb/gain", """\
[[mapping]]
to = "reverb/gain"      # wet
from = 'cc("nano", 1, 1)'  # fader 1
range = [-40, 0]
"""), ("reverb/time", """\
[[mapping]]
from = 'cc("nano", 1, 2)'
to = "reverb/time"
""")])
def test_unlearning_takes_away_its_lines_and_no_comment(session: Session, make: Make, file: Path, path: str,
                                                        gone: str) -> None:
    mapper = make(WRITTEN)
    mapper.unlearn(path)
    mapper.look()
    assert file.read_text(encoding="utf-8") == WRITTEN.replace(gone, "")
    assert session.told("faces/mappings") == 2
    mapper.unlearn("layer/*/density")  # no control moves it
    mapper.look()
    assert session.told("faces/mappings") == 2
    for other in ("reverb/gain", "reverb/time"):
        mapper.unlearn(other)
    mapper.look()
    assert sources(file) == [("layer/*/density", "feature.rms")]
    assert "# the big one" in file.read_text(encoding="utf-8")
    assert "# the last one" in file.read_text(encoding="utf-8")


def test_a_file_with_mappings_in_one_line_each_is_changed_too(make: Make, clock: VirtualClock, file: Path) -> None:
    mapper = make("mapping = [\n  {to = \"reverb/gain\", from = 'cc(\"nano\", 1, 1)'},  # wet\n]\n")
    teach(mapper, clock, "dream/speed", FADER)
    teach(mapper, clock, "reverb/gain", PAD)
    assert sources(file) == [("reverb/gain", 'note("pad\'s", 10, 36)'), ("dream/speed", 'cc("nano", 1, 7)')]
    mapper.unlearn("reverb/gain")
    mapper.look()
    assert sources(file) == [("dream/speed", 'cc("nano", 1, 7)')]


def test_learning_can_be_given_up_and_needs_a_parameter(make: Make, clock: VirtualClock, file: Path) -> None:
    mapper = make()
    with pytest.raises(UserError, match="the nearest is 'dream/speed'"):
        mapper.learn("dream/sped")
    with pytest.raises(UserError, match="the nearest is 'dream/speed'"):
        mapper.unlearn("dream/sped")
    mapper.learn("dream/speed")
    clock.advance(60)
    mapper.step()
    mapper.moved(FADER, 0.5)
    mapper.learn("dream/speed")
    mapper.cancel()
    mapper.moved(FADER, 0.5)
    clock.advance(1)
    mapper.step()
    mapper.look()
    assert not file.exists()


def test_a_port_whose_name_can_not_be_written_is_refused(session: Session, make: Make, clock: VirtualClock,
                                                         said: list[str]) -> None:
    mapper = make()
    teach(mapper, clock, "dream/speed", Control("a\"b'c", 1, "cc", 7))
    assert "can't be written" in said[-1]
    assert session.told("faces/mappings") == 0


def test_what_is_learnt_joins_what_a_person_writes_meanwhile(make: Make, clock: VirtualClock, file: Path) -> None:
    mapper = make(WRITTEN)
    file.write_text(WRITTEN.replace("-40", "-30") + "# new\n", encoding="utf-8")
    teach(mapper, clock, "dream/speed", FADER)
    assert "-30" in file.read_text(encoding="utf-8")
    assert "# new" in file.read_text(encoding="utf-8")
    assert len(sources(file)) == 4


def test_a_file_that_is_broken_meanwhile_gets_what_was_learnt_when_it_is_mended(
        session: Session, make: Make, clock: VirtualClock, file: Path, said: list[str]) -> None:
    mapper = make()
    file.write_text("[[mapping]\n")
    teach(mapper, clock, "morph/position", FADER)
    mapper.look()
    mapper.moved(FADER, 0.25)
    assert session.get("morph/position") == 0.25
    assert sum("mend it first" in line for line in said) == 1
    assert file.read_text() == "[[mapping]\n"
    file.write_text("# mended\n")
    mapper.look()
    assert file.read_text() == "# mended\n\n[[mapping]]\nto = \"morph/position\"\nfrom = 'cc(\"nano\", 1, 7)'\n"


def test_what_can_not_be_written_works_and_is_said_once(session: Session, clock: VirtualClock, said: list[str],
                                                        tmp_path: Path) -> None:
    mapper = Mapper(session, [], tmp_path / "gone" / "show.mapping.toml", said.append, clock)
    teach(mapper, clock, "morph/position", FADER)
    mapper.look()
    mapper.moved(FADER, 0.75)
    assert session.get("morph/position") == 0.75
    assert sum("can't be written" in line for line in said) == 1
    (tmp_path / "gone").mkdir()
    mapper.look()
    assert sources(tmp_path / "gone" / "show.mapping.toml")


@pytest.mark.skipif(sys.platform == "win32", reason="kills as a power cut does")
def test_a_power_cut_leaves_the_old_file_or_the_new_one(file: Path) -> None:
    program = textwrap.dedent("""
        import itertools, sys
        from pathlib import Path
        from bridge.control import Control
        from bridge.mapping.mapper import Mapper
        from engine.shared import Session
        session = Session.create({})
        mapper = Mapper(session, [], Path(sys.argv[1]), lambda line: None)
        for n in itertools.count():
            mapper.learn("layer/%d/pitch" % (n % 16 + 1))
            mapper.moved(Control("x" * 200, 1, "note", n // 16 % 128), 1.0)
            mapper.look()
            print(n, flush=True)
    """)
    process = subprocess.Popen([sys.executable, "-c", program, str(file)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    for n in range(20):
        assert int(process.stdout.readline()) == n
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert len(sources(file)) == 16
