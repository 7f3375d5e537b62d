"""All that is wrong in a mapping file is told at once, each with its place and what was expected."""

import json
from pathlib import Path

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.cli import main
from bridge.mapping.check import MOST, RULES, read
from bridge.mapping.file import MappingError, load

GOOD = "[[mapping]]\nto = \"morph/position\"\nfrom = 'cc(\"nano\", 1, 7)'\n"


def faults(text: str) -> list[tuple[int, str, str]]:
    try:
        read(text, Path("a.toml"), ["beach"])
    except MappingError as error:
        return [(fault.number, fault.key, fault.message) for fault in error.faults]
    return []


@pytest.mark.parametrize(("lines", "key", "message"), [
    ("to = 3\nfrom = '1'", "to", "expected text in quotes"),
    ("to = 'reverb/gian'\nfrom = '1'", "to", "there is no parameter 'reverb/gian'; the nearest is 'reverb/gain'"),
    ("to = 'layer/*/densty'\nfrom = '1'", "to",
     "there is no parameter 'layer/*/densty'; the nearest is 'layer/*/density'"),
    ("from = '1'", "to", "is missing"),
    ("to = 'reverb/gain'", "from", "is missing"),
    ("to = 'reverb/gain'\nfrom = 1", "from", "expected text in quotes"),
    ("to = 'reverb/gain'\nfrom = 'scene(\"beech\")'", "from", "there is no class 'beech'; the nearest is 'beach'"),
    ("to = 'reverb/gain'\nfrom = 'feature.rms'\nrnage = [0, 1]", "rnage", "there is no such key; the nearest is range"),
    *((f"to = 'reverb/gain'\nfrom = 'feature.rms'\ninput = {wrong}", "input",
       "expected two different numbers up to 1e+09, such as [0, 1]")
      for wrong in ("3", "[0, 1e300]", f"[0, 1{'0' * 400}]",
                    "[1]", "[1, 1]", "[0, nan]", "[0, inf]", "[true, 2]", "['a', 'b']", "[0, 1, 2]", "{}")),
    ("to = 'reverb/gain'\nfrom = 'feature.rms'\nrange = [-70, 0]", "range", "expected numbers from -60 to 6 dB"),
    ("to = 'reverb/gain'\nfrom = 'feature.rms'\ncurve = 'exp'", "curve", 'expected "linear" or "log"'),
    ("to = 'reverb/gain'\nfrom = 'feature.rms'\ncurve = 'log'", "curve", "log needs a range above 0"),
    ("to = 'morph/position'\nfrom = 'feature.rms'\ncurve = 'log'\nrange = [0, 1]", "curve",
     "log needs a range above 0"),
    ("to = 'reverb/gain'\nfrom = 'feature.rms'\nsmoothing = 61", "smoothing", "expected a number from 0 to 60 s"),
    ("to = 'reverb/gain'\nfrom = 'feature.rms'\nsmoothing = true", "smoothing", "expected a number from 0 to 60 s"),
    ("to = 'reverb/gain'\nfrom = 'feature.rms'\nsmoothing = nan", "smoothing", "expected a number from 0 to 60 s"),
    ("to = 'reverb/gain'\nfrom = 'cc(\"a\", 1, 2)'\ntakeover = 1", "takeover", "expected true or false"),
    ("to = 'reverb/gain'\nfrom = 'feature.rms'\ntakeover = true", "takeover", "is for a control by itself"),
    ("to = 'reverb/gain'\nfrom = 'cc(\"a\", 1, 2) * 2'\nfeedback = true", "feedback", "is for a control by itself"),
    ("to = 'reverb/gain'\nfrom = 'osc(\"/a\")'\nfeedback = true", "feedback",
     "is for MIDI controllers; over OSC every knob is told anyway"),
    ("to = 'reverb/gain'\nfrom = 'feature.rms * 2'\nrange = [0, 1]", "range",
     "is for a source by itself; for an expression say with input what of it counts"),
    ("to = 'reverb/gain'\nfrom = 'time'", "input", "is missing: time has no range of its own"),
    ("to = 'reverb/gain'\nfrom = 'param(\"reverb/gain\") + 1'", "from",
     "closes a circle, which would run away: reverb/gain -> reverb/gain"),
])
def test_each_fault_is_told_at_its_key(lines: str, key: str, message: str) -> None:
    assert faults(f"[[mapping]]\n{lines}\n") == [(1, key, message)]


def test_all_faults_are_told_at_once_and_in_order() -> None:
    text = GOOD + "[[mapping]]\nto = 'a'\nfrom = '('\n" + GOOD + "[[mapping]]\nto = 'reverb/gain'\nx = 1\n"
    assert [(number, key) for number, key, _ in faults(text)] == [(2, "to"), (2, "from"), (4, "x"), (4, "from")]


def test_a_circle_over_several_mappings_is_told_where_it_closes() -> None:
    def step(to: str, source: str) -> str:
        return f"[[mapping]]\nto = '{to}'\nfrom = 'param(\"{source}\")'\n"

    circle = step("dream/chaos", "dream/speed") + step("layer/*/pan", "layer/1/pitch") + step(
        "layer/*/pitch", "dream/chaos") + step("dream/speed", "layer/7/pan")
    told, = faults(circle)
    assert told[:2] == (4, "from")
    assert all(path in told[2] for path in ("dream/chaos", "dream/speed", "layer/7/pan", "layer/1/pitch"))
    assert faults(circle.replace("layer/7/pan", "layer/7/gain")) == []


@pytest.mark.parametrize("text", [
    "mappings = []", "mapping = 3", "mapping = [3]", "[mapping]\nto = 'a'", "[[mapping", "a" * 100, GOOD * (MOST + 1),
    "mapping = " + "[" * 5000])
def test_a_file_that_holds_something_else_is_refused_as_a_whole(text: str) -> None:
    (number, key, message), = faults(text)
    assert (number, key) == (0, "")
    assert message


ANYTHING = st.recursive(
    st.booleans() | st.integers(-2**63, 2**63 - 1) | st.floats() | st.text(max_size=9)
    | st.sampled_from(["reverb/gain", "layer/*/pan", "[", "feature.rms", "log", "**/*"]),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=3), inside, max_size=2),
    max_leaves=6)


@given(tables=st.lists(st.dictionaries(st.sampled_from([*RULES, "x", ""]), ANYTHING, max_size=8), max_size=4))
@settings(max_examples=100, deadline=None)
def test_whatever_the_keys_hold_it_is_a_mapping_or_told(tables: list[dict[str, object]]) -> None:
    for number, key, message in faults(tomlkit.dumps({"mapping": tables})):
        assert 0 <= number <= len(tables)
        assert message and (key or number == 0 or "" in tables[number - 1])


def test_an_empty_file_is_in_order() -> None:
    assert faults("") == faults("# nothing yet") == faults("mapping = []") == []


def test_the_mark_of_windows_editors_is_no_part_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(f"\ufeff{GOOD}", encoding="utf-8")
    assert len(read(load(tmp_path / "a.toml"), tmp_path / "a.toml")) == 1


def test_the_command_tells_people_and_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.toml"
    file.write_text(GOOD)
    assert main(["mapping", "check", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}: 1 mapping, in order\n"
    assert main(["mapping", "check", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"ok": True, "errors": [], "mappings": 1}
    file.write_text(GOOD + "[[mapping]]\nto = 'reverb/gain'\nfrom = 'scale(feature.rms, )'\n")
    assert main(["mapping", "check", str(file)]) == 1
    assert capsys.readouterr().err == (
        f'phonoscope mapping: {file}: mapping 2 (to = "reverb/gain"), from: expected a number or a source, got ")"\n'
        "    scale(feature.rms, )\n"
        "                       ^\n")
    assert main(["mapping", "check", str(file), "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == {"ok": False, "errors": [{
        "number": 2, "to": "reverb/gain", "key": "from", "value": "scale(feature.rms, )",
        "message": 'expected a number or a source, got ")"', "at": 19}]}
    assert main(["mapping", "check", str(tmp_path / "gone.toml")]) == 1
    assert "no such file" in capsys.readouterr().err


def test_checking_a_show_checks_its_mapping_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show = tmp_path / "night.toml"
    show.write_text("")
    beside = tmp_path / "night.mapping.toml"
    beside.write_text(GOOD)
    assert main(["show", "check", str(show)]) == 0
    beside.write_text("mapping = 3")
    assert main(["show", "check", str(show), "--json"]) == 1
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["errors"][0]["message"]
    show.write_text('mapping = "other.toml"')
    assert main(["show", "check", str(show), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["errors"][0]["key"] == "mapping"
    (tmp_path / "other.toml").write_text(GOOD)
    assert main(["show", "check", str(show)]) == 0
    (tmp_path / "other.toml").write_text(GOOD + "[[mapping]]\nto = 'reverb/gain'\nfrom = 'scene(\"beech\")'\n")
    assert main(["show", "check", str(show)]) == 1
    assert "there is no class 'beech'; the nearest is 'beach'" in capsys.readouterr().err
    show.write_text('[[cues]]\nname = "night"\nmapping = "cue.toml"')
    beside.write_text(GOOD)
    assert main(["show", "check", str(show)]) == 1
    assert f"{tmp_path / 'cue.toml'}: there is no such file" in capsys.readouterr().err
