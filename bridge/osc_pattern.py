"""OSC address patterns (OSC 1.0: `?`, `*`, `[a-z]`, `[!a-z]`, `{one,two}`, none of which matches a `/`).

Whatever a pattern says, matching it takes time in proportion to its length: the places of a name that are reached so
far are the bits of one number, and each part of the pattern moves them.
"""

import functools
import re
from collections.abc import Iterable

from engine.errors import UserError

LONGEST = 128
"""Characters of a pattern."""
_WILD = re.compile(r"[*?\[\]{}]")
_PART = re.compile(r"\*+|\?|\[(?P<not>!?)(?P<set>[^\]]+)\]|\{(?P<words>[^{}]*)\}|(?P<text>[^*?\[\]{}]+)")
_RANGE = re.compile(r"(.)-(.)|(.)", re.DOTALL)


def is_pattern(address: str) -> bool:
    """Tell whether `address` holds wildcards."""
    return _WILD.search(address) is not None


class _Star:
    def move(self, reached: int, name: str) -> int:
        everywhere = (2 << len(name)) - 1
        return everywhere & ~((reached & -reached) - 1)


class _OneOf:
    """One character, which is, or isn't, within one of the ranges."""

    def __init__(self, ranges: tuple[tuple[str, str], ...], inside: bool) -> None:
        self._ranges, self._inside = ranges, inside

    def move(self, reached: int, name: str) -> int:
        places = 0
        for character, where in _places(name).items():
            if any(low <= character <= high for low, high in self._ranges) is self._inside:
                places |= where
        return (reached & places) << 1


class _Words:
    def __init__(self, words: tuple[str, ...]) -> None:
        self._words = words

    def move(self, reached: int, name: str) -> int:
        places = _places(name)
        behind = 0
        for word in self._words:
            within = reached
            for character in word:
                within = (within & places.get(character, 0)) << 1
            behind |= within
        return behind


@functools.lru_cache(4096)
def _places(name: str) -> dict[str, int]:
    """Return, as bits, where in `name` each of its characters stands."""
    places: dict[str, int] = {}
    for place, character in enumerate(name):
        places[character] = places.get(character, 0) | 1 << place
    return places


class _Segment:
    """What one segment of a pattern matches."""

    def __init__(self, text: str) -> None:
        self._parts: list[_Star | _OneOf | _Words] = []
        at = 0
        while at < len(text):
            found = _PART.match(text, at)
            if not found:
                raise UserError(f"'{text}' is no OSC pattern: its '{text[at]}' has no partner")
            self._parts.append(_part(found))
            at = found.end()

    def matches(self, name: str) -> bool:
        reached = 1
        for part in self._parts:
            reached = part.move(reached, name)
            if not reached:
                return False
        return bool(reached >> len(name) & 1)


def _part(found: re.Match[str]) -> _Star | _OneOf | _Words:
    if found["text"] is not None:
        return _Words((found["text"],))
    if found["words"] is not None:
        return _Words(tuple(found["words"].split(",")))
    if found["set"] is not None:
        ranges = tuple((low or one, high or one) for low, high, one in _RANGE.findall(found["set"]))
        return _OneOf(ranges, not found["not"])
    return _OneOf((), False) if found[0] == "?" else _Star()


class Pattern:
    """An address with wildcards. UserError if it is longer than LONGEST or its brackets don't pair."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST or not text.startswith("/"):
            raise UserError(f"'{text[:40]}' is no OSC pattern: expected / and up to {LONGEST - 1} characters")
        self.segments = tuple(_Segment(segment) for segment in text[1:].split("/"))

    def covers(self, address: str) -> bool:
        """Tell whether `address` matches, or lies below what matches."""
        names = address[1:].split("/")
        return len(self.segments) <= len(names) and all(
            segment.matches(name) for segment, name in zip(self.segments, names, strict=False))


class Addresses:
    """A set of addresses, in which those that a pattern matches are found."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self._root: dict[str, dict] = {}
        for address in addresses:
            branch = self._root
            for name in address[1:].split("/"):
                branch = branch.setdefault(name, {})
            branch["/"] = {}  # an address ends here: no name holds this

    def matching(self, pattern: Pattern) -> list[str]:
        """Return the addresses that `pattern` matches."""
        reached = [("", self._root)]
        for segment in pattern.segments:
            names = {name for _, branch in reached for name in branch if name != "/"}
            fitting = {name for name in names if segment.matches(name)}
            reached = [(f"{path}/{name}", below) for path, branch in reached
                       for name, below in branch.items() if name in fitting]
        return [path for path, branch in reached if "/" in branch]


class Filter:
    """Lets those addresses pass that one of the patterns covers. UserError as Pattern; "/" lets all pass."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = [Pattern(pattern.rstrip("/") or "/*") for pattern in patterns]
        self._known: dict[str, bool] = {}  # of the addresses that we send from, which are few

    def passes(self, address: str) -> bool:
        """Tell whether what is sent from `address` passes."""
        if address not in self._known:
            self._known[address] = any(pattern.covers(address) for pattern in self._patterns)
        return self._known[address]
