"""Plays a Max patcher's messages: what its objects do with what comes in, as the reference pages of Max say.

Objects that only show something and time (delay) are left out; an object that isn't known fails the test.
"""

import math
import re
from typing import Any

Json = dict[str, Any]
Message = list[Any]

VALUES = ("flonum", "number", "slider", "toggle", "umenu")


class Player:
    """An open patcher. values: of its controls, by patcher and id. sent: what `udpsend` was given."""

    def __init__(self, patcher: Json) -> None:
        self.values: dict[tuple[str, str], float] = {}
        self.sent: list[Message] = []
        self._boxes: dict[tuple[str, str], Json] = {}
        self._cords: dict[tuple[str, str, int], list[str]] = {}
        self._buses: dict[str, list[tuple[str, str]]] = {}
        self._words: dict[tuple[str, str], list[str]] = {}
        self._open("", patcher)

    def _open(self, path: str, patcher: Json) -> None:
        for box in (entry["box"] for entry in patcher["boxes"]):
            self._boxes[path, box["id"]] = box
            self._words[path, box["id"]] = box.get("text", "").split()
            if box.get("text", "").startswith("r "):
                self._buses.setdefault(box["text"][2:], []).append((path, box["id"]))
            if "patcher" in box:
                self._open(f"{path}/{box['id']}", box["patcher"])
        for line in (entry["patchline"] for entry in patcher["lines"]):
            self._cords.setdefault((path, *line["source"]), []).append(line["destination"][0])

    def box(self, control: tuple[str, str]) -> Json:
        """Return the box of a control."""
        return self._boxes[control]

    def receive(self, message: Message) -> None:
        """Be a datagram for `udpreceive`: an address and its arguments."""
        for (path, name), words in self._words.items():
            if words[:1] == ["udpreceive"]:
                self._out(path, name, 0, message)

    def turn(self, control: tuple[str, str], value: float) -> None:
        """Be a hand on a control."""
        self._into(*control, [value])

    def _out(self, path: str, name: str, outlet: int, message: Message) -> None:
        for target in self._cords.get((path, name, outlet), []):
            self._into(path, target, message)

    def _into(self, path: str, name: str, message: Message) -> None:
        box = self._boxes[path, name]
        kind = box["maxclass"]
        if kind in VALUES:
            self._value(path, name, box, message)
        elif kind == "message" and message[:1] == ["set"]:
            return  # it shows a text
        elif kind == "message":
            words = [message[0] if word == "$1" else word for word in self._words[path, name]]
            self._out(path, name, 0, words)
        elif kind == "newobj":
            self._object(path, name, box["text"], message)
        else:
            assert kind in ("button", "multislider", "jit.pwindow"), kind

    def _value(self, path: str, name: str, box: Json, message: Message) -> None:
        is_set = message[0] == "set"
        value = float(message[-1])
        if box["maxclass"] in ("flonum", "number"):
            value = min(max(value, box["minimum"]), box["maximum"])
        if box["maxclass"] in ("number", "toggle", "umenu") or (
                box["maxclass"] == "slider" and not box.get("floatoutput")):
            value = int(value)
        self.values[path, name] = value
        if not is_set:
            self._out(path, name, 0, [value])

    def _object(self, path: str, name: str, text: str, message: Message) -> None:
        kind, *arguments = self._words[path, name]
        if kind == "route":
            match = arguments.index(str(message[0])) if str(message[0]) in arguments else len(arguments)
            self._out(path, name, match, message[1:] if match < len(arguments) else message)
        elif kind == "prepend":
            self._out(path, name, 0, [*arguments, *message])
        elif kind == "int":
            self._out(path, name, 0, [int(message[0])])
        elif kind == "expr":
            self._out(path, name, 0, [_computed(text, float(message[0]))])
        elif kind == "s":
            for at, bus in self._buses.get(arguments[0], []):
                self._out(at, bus, 0, message)
        elif kind == "udpsend":
            self.sent.append(message)
        elif kind == "t":
            for outlet in reversed(range(len(arguments))):
                self._out(path, name, outlet, ["bang"])
        else:
            assert kind in ("delay", "unpack"), text


def _computed(text: str, x: float) -> float:
    number = r"([-\d.]+)"
    if found := re.fullmatch(rf"expr log\(\$f1/{number}\)/{number}", text):
        low, span = map(float, found.groups())
        return math.log(x / low) / span
    found = re.fullmatch(rf"expr {number}\*exp\(\$f1\*{number}\)", text)
    assert found, text
    low, span = map(float, found.groups())
    return low * math.exp(x * span)
