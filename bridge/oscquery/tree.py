"""The name space as OSCQuery's tree of nodes: what JSON says of each, and how it follows the instrument's state."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from bridge.namespace import NAMESPACE, ROOT, Address
from bridge.osc_out import Message
from engine.parameters import Parameter

REQUIRED = ("FULL_PATH", "CONTENTS", "TYPE")
OPTIONAL = ("ACCESS", "VALUE", "RANGE", "DESCRIPTION", "TAGS", "UNIT", "CRITICAL", "CLIPMODE", "OVERLOADS")
READ, WRITE = 1, 2
"""Bits of ACCESS."""

Attributes = dict[str, Any]
Change = tuple[str, str]
"""PATH_ADDED, PATH_REMOVED or PATH_CHANGED, and the path."""

_IMPULSE = "I"
"""Type of what takes a message without arguments: clients show a button."""
_UNITS = {"dB": "gain.db", "Hz": "time.hz", "s": "time.second", "ms": "time.ms", "BPM": "time.bpm",
          "degrees": "angle.degree"}
"""Units that the proposal has a word for; others are named as they are."""
_CHOOSERS = {f"{ROOT}/snapshot/recall": f"{ROOT}/snapshot", f"{ROOT}/snapshot/delete": f"{ROOT}/snapshot",
             f"{ROOT}/morph": f"{ROOT}/snapshot", f"{ROOT}/cue/launch": f"{ROOT}/cue"}
"""What takes a name, and where the names are that it can take."""


@dataclass
class _Node:
    """attributes: all but VALUE and CONTENTS. is_event: what it sends isn't a state but has happened. knob: the path of
    the parameter, if it is one."""

    attributes: Attributes
    contents: dict[str, "_Node"] = field(default_factory=dict)
    is_event: bool = False
    knob: str = ""

    @property
    def readable(self) -> bool:
        return bool(self.attributes["ACCESS"] & READ)


class Tree:
    """All nodes by path; "/" is called `name`. turned: returns how the knob of a path stands now.

    Nodes that the table of addresses doesn't hold come and go with the messages of the state: /phono/snapshot/1 is
    there while it has a name.
    """

    def __init__(self, name: str, turned: Callable[[str], float]) -> None:
        self._turned = turned
        self._nodes: dict[str, _Node] = {"/": _Node(_container("/") | {"DESCRIPTION": name})}
        self._newest: dict[str, tuple[float | int | str, ...]] = {}
        for path, address in NAMESPACE.items():
            if address.traffic != "reply" and path.startswith(f"{ROOT}/"):
                self._add(path, _Node(_described(address), is_event=address.traffic == "event",
                                      knob=address.parameter.path if address.parameter else ""))

    def __contains__(self, path: str) -> bool:
        return path in self._nodes

    def is_method(self, path: str) -> bool:
        """Tell whether messages are sent from or to `path`; a mere container has none."""
        return path in self._nodes and "TYPE" in self._nodes[path].attributes

    def state(self, path: str) -> Message | None:
        """Return the newest message of the state `path`, None if there is none or it isn't a state."""
        if path not in self._newest or self._nodes[path].is_event:
            return None
        return path, self._newest[path]

    def describe(self, path: str) -> Attributes:
        """Return all attributes of the node `path` and of what it contains; KeyError if there is none."""
        return self._whole(path, self._nodes[path])

    def attribute(self, path: str, name: str) -> Attributes | None:
        """Return the one attribute `name` of the node `path`, {} if it has none, None if it can't have one.

        KeyError if there is no such node.
        """
        node = self._nodes[path]
        if name == "VALUE":
            return self._value(path, node) if node.readable else None
        found = self._contents(path, node) if name == "CONTENTS" else node.attributes
        return {name: found[name]} if name in found else {}

    def take(self, messages: Iterable[Message]) -> list[Change]:
        """Keep the newest values; return how the tree has changed by them."""
        changes: list[Change] = []
        renamed: dict[str, None] = {}
        for path, arguments in messages:
            known = path in self._nodes
            if path not in NAMESPACE:
                if self._newest.get(path, ("",)) != arguments:
                    renamed[path.rpartition("/")[0]] = None
                if arguments[0] == "":
                    if known:
                        self._remove(path)
                        changes.append(("PATH_REMOVED", path))
                    continue
                if not known:
                    self._add(path, _Node(_numbered(path, arguments)))
                    changes.append(("PATH_ADDED", path))
            self._newest[path] = arguments
        return changes + [("PATH_CHANGED", path) for family in renamed for path in self._let_choose(family)]

    def _let_choose(self, family: str) -> list[str]:
        """Let choosers choose among the present names; return what is to be loaded anew."""
        choosers = [path for path, names in _CHOOSERS.items() if names == family and path in self._nodes]
        names = [self._newest[f"{family}/{name}"][0] for name in self._nodes[family].contents
                 if f"{family}/{name}" in self._newest and f"{family}/{name}" not in NAMESPACE]
        for path in choosers:
            attributes = self._nodes[path].attributes
            for form in (attributes, *attributes.get("OVERLOADS", ())):
                if set(form["TYPE"]) == {"s"}:
                    form["RANGE"] = [{"VALS": names} for _ in form["TYPE"]]
        return [family, *(path for path in choosers if not path.startswith(f"{family}/"))]

    def _add(self, path: str, node: _Node) -> None:
        parent, _, name = path.rpartition("/")
        if path in self._nodes:  # a container until now
            node.contents = self._nodes[path].contents
        elif (parent or "/") not in self._nodes:
            self._add(parent, _Node(_container(parent)))
        self._nodes[path] = node
        self._nodes[parent or "/"].contents[name] = node

    def _remove(self, path: str) -> None:
        parent, _, name = path.rpartition("/")
        del self._nodes[path], self._nodes[parent].contents[name], self._newest[path]

    def _value(self, path: str, node: _Node) -> Attributes:
        if node.knob:
            return {"VALUE": [self._turned(node.knob)]}
        return {"VALUE": list(self._newest[path])} if path in self._newest else {}

    def _contents(self, path: str, node: _Node) -> Attributes:
        if not node.contents:
            return {}
        above = path.rstrip("/")
        return {"CONTENTS": {name: self._whole(f"{above}/{name}", child) for name, child in node.contents.items()}}

    def _whole(self, path: str, node: _Node) -> Attributes:
        return node.attributes | (self._value(path, node) if node.readable else {}) | self._contents(path, node)


def _container(path: str) -> Attributes:
    return {"FULL_PATH": path, "ACCESS": 0}


def _numbered(path: str, arguments: tuple[float | int | str, ...]) -> Attributes:
    family, _, number = path.rpartition("/")
    types = "".join("s" if isinstance(value, str) else "i" if isinstance(value, int) else "f" for value in arguments)
    return {"FULL_PATH": path, "TYPE": types, "ACCESS": READ, "TAGS": ["state"],
            "DESCRIPTION": f"{family.rpartition('/')[2]} {number}"}


def _described(address: Address) -> Attributes:
    """Return the attributes of one address.

    TYPE is what it sends, if it does; where it takes something else, that is the form in OVERLOADS.
    """
    sends = address.sends
    takes = _IMPULSE if address.takes == "" else address.takes
    kind = takes if sends is None else sends
    attributes: Attributes = {
        "FULL_PATH": address.path, "TYPE": kind,
        "ACCESS": (READ if sends is not None else 0) | (WRITE if takes == kind else 0),
        "DESCRIPTION": address.doc, "TAGS": [address.traffic]}
    if address.unit:
        attributes["UNIT"] = [_UNITS.get(address.unit, address.unit)] * len(kind or "")
    if address.traffic in ("event", "wish"):
        attributes["CRITICAL"] = True
    if sends is not None and takes is not None and takes != sends:
        attributes["OVERLOADS"] = [{"TYPE": takes, "ACCESS": WRITE}]
    if address.parameter:
        attributes |= _knob(address.parameter)
    return attributes


def _knob(parameter: Parameter) -> Attributes:
    spanned: Attributes = {"MIN": float(parameter.low), "MAX": float(parameter.high)}
    attributes: Attributes = {"RANGE": [spanned], "CLIPMODE": ["both"]}
    if parameter.curve in ("integer", "switch"):
        low, high = int(parameter.low), int(parameter.high)
        spanned["VALS"] = [float(value) for value in range(low, high + 1)]
        attributes["OVERLOADS"] = [{"TYPE": "i", "ACCESS": WRITE, "CLIPMODE": ["both"], "RANGE": [
            {"MIN": low, "MAX": high, "VALS": list(range(low, high + 1))}]}]
    return attributes
