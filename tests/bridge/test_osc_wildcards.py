"""Wildcards in OSC addresses: what they match, in messages and in filters of targets, at a bounded cost."""

import re
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.namespace import NAMESPACE
from bridge.osc_pattern import LONGEST, Addresses, Filter, Pattern, is_pattern
from engine.errors import UserError


@pytest.mark.parametrize(("pattern", "address", "matches"), [
    ("/a/b", "/a/b", True), ("/a", "/a/b", False), ("/a/?", "/a/b", True), ("/a/?", "/a/", False),
    ("/a/*", "/a/", True), ("/a/*", "/a/bc", True), ("/*", "/a/b", False), ("/a*b", "/a/b", False),
    ("/[a-c]", "/b", True), ("/[!a-c]", "/b", False), ("/[!a-c]", "/d", True), ("/[ac-]", "/-", True),
    ("/[c-a]", "/b", False), ("/{one,two}", "/two", True), ("/{one,two}", "/three", False), ("/x{,y}", "/x", True),
    ("/{a,ab}c", "/abc", True), ("/l*/{1,1[0-2]}", "/layer/10", False), ("/*a*a*", "/banana", True),
    ("/*b?", "/banb", False), ("/[é-ü]", "/ö", True)])
def test_patterns_match_as_the_specification_says(pattern: str, address: str, matches: bool) -> None:
    assert Addresses([address]).matching(Pattern(pattern)) == ([address] if matches else [])


PARTS = st.one_of(st.sampled_from(["a", "b", "ab", "*", "?", "[ab]", "[!a]", "[a-b]", "{a,bb}", "{,ab,b}"]))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PARTS, min_size=1, max_size=7), st.lists(st.text("abc", max_size=6), max_size=20))
def test_matching_agrees_with_regular_expressions(parts: list[str], names: list[str]) -> None:
    meaning = {"*": "[^/]*", "?": "[^/]", "[!a]": "[^a/]", "{a,bb}": "(a|bb)", "{,ab,b}": "(|ab|b)"}
    expression = re.compile("/" + "".join(meaning.get(part, part) for part in parts))
    addresses = {f"/{name}" for name in names}
    assert set(Addresses(addresses).matching(Pattern("/" + "".join(parts)))) == {
        address for address in addresses if expression.fullmatch(address)}


@pytest.mark.parametrize("bad", ["/a[", "/a]", "/{a", "/a}", "/[]", "/{a/b}", "/[a", "a", "", "/" + "a" * LONGEST])
def test_a_pattern_that_makes_no_sense_is_refused(bad: str) -> None:
    with pytest.raises(UserError, match="is no OSC pattern"):
        Pattern(bad)


@pytest.mark.parametrize("hostile", ["*a" * 60, "*?" * 60, "{a,aa}" * 20 + "b", "[!b]*" * 24, "*" * 120])
def test_the_worst_pattern_takes_no_longer_than_its_length_says(hostile: str) -> None:
    # A matcher that goes back and tries again would take years.
    addresses = Addresses(f"/{'a' * length}" for length in range(1, 60))
    begun = time.thread_time()
    addresses.matching(Pattern(f"/{hostile}"))
    assert time.thread_time() - begun < 1


def test_ordinary_addresses_are_no_patterns() -> None:
    assert not any(map(is_pattern, NAMESPACE))


@pytest.mark.parametrize(("patterns", "passing", "held_back"), [
    (["/phono"], ["/phono/event/onset", "/phono/param/master/gain"], ["/wek/inputs"]),
    (["/phono/event"], ["/phono/event/onset"], ["/phono/events", "/phono/param/master/gain", "/phono"]),
    (["/phono/layer/*", "/phono/feature/{rms,bands}"], ["/phono/layer/3", "/phono/feature/rms"],
     ["/phono/feature/peak", "/phono/scene/1"]),
    (["/phono/param/*/gain/"], ["/phono/param/master/gain"], ["/phono/param/layer/1/gain"]),
    (["/"], ["/phono/event/onset", "/wek/inputs"], []), (["/wek/inputs"], ["/wek/inputs"], ["/phono/heartbeat"]),
    ([], [], ["/phono/heartbeat"])])
def test_a_filter_lets_pass_what_matches_and_all_below_it(patterns: list[str], passing: list[str],
                                                          held_back: list[str]) -> None:
    passes = Filter(patterns).passes
    assert [address for address in (*passing, *held_back) if passes(address)] == passing
