"""Text of a Max patcher: boxes with their places, cords, patchers within patchers."""

import json
from typing import Any

Rect = tuple[int, int, int, int]
"""Left, top, width and height in pixels."""

_WHAT_COMES_OUT = {
    "toggle": (1, ["int"]), "button": (1, ["bang"]), "slider": (1, [""]), "flonum": (1, ["", "bang"]),
    "number": (1, ["", "bang"]), "umenu": (1, ["int", "", ""]), "message": (2, [""]), "comment": (1, []),
    "multislider": (1, ["", ""]), "jit.pwindow": (1, ["jit_matrix", ""]), "bpatcher": (0, []), "outlet": (1, []),
}
"""Inlets and types of the outlets of user interface objects."""
_OBJECTS: dict[str, tuple[int, list[str]]] = {
    "udpreceive": (1, [""]), "udpsend": (1, []), "prepend": (1, [""]), "expr": (1, [""]), "int": (2, ["int"]),
    "s": (1, []), "r": (0, [""]), "print": (1, []), "delay": (2, ["bang"]), "t": (1, ["bang", "bang"]),
    "jit.net.recv": (1, ["jit_matrix", "", ""]), "p": (0, []),
}
"""Those of the other objects, by the first word; `route` and `unpack` depend on their arguments."""


def _ends(text: str) -> tuple[int, list[str]]:
    name, *arguments = text.split()
    if name == "route":
        return len(arguments) + 1, [""] * (len(arguments) + 1)
    if name == "unpack":
        return 1, ["" if argument == "s" else "float" for argument in arguments]
    return _OBJECTS[name]


class Patcher:
    """A patcher that is being written. width, height: of its window, which shows the presentation."""

    def __init__(self, width: int, height: int) -> None:
        self._rect = [60, 80, width, height]
        self._boxes: list[str] = []
        self._lines: list[str] = []

    def _add(self, attributes: dict[str, Any], inlets: int, outlets: list[str], at: Rect, shown: Rect | None,
             patcher: "Patcher | None" = None) -> str:
        name = f"obj-{len(self._boxes) + 1}"
        box: dict[str, Any] = {"id": name, **attributes, "numinlets": inlets, "numoutlets": len(outlets)}
        if outlets:
            box["outlettype"] = outlets
        box["patching_rect"] = list(at)
        if shown:
            box |= {"presentation": 1, "presentation_rect": list(shown)}
        text = json.dumps(box)
        if patcher:
            text = f"{text[:-1]}, \"patcher\": {patcher._body()}}}"
        self._boxes.append(f"{{\"box\": {text}}}")
        return name

    def object(self, x: int, y: int, text: str, shown: Rect | None = None) -> str:
        """Add an object with its arguments; return its id."""
        inlets, outlets = _ends(text)
        return self._add({"maxclass": "newobj", "text": text}, inlets, outlets, (x, y, 20 + 7 * min(len(text), 80), 22),
                         shown)

    def control(self, maxclass: str, at: Rect, shown: Rect | None = None, **attributes: Any) -> str:
        """Add an object of the user interface; return its id."""
        inlets, outlets = _WHAT_COMES_OUT[maxclass]
        return self._add({"maxclass": maxclass, **attributes}, inlets, outlets, at, shown)

    def comment(self, x: int, y: int, text: str, shown: Rect | None = None, **attributes: Any) -> str:
        """Add a comment; return its id."""
        return self.control("comment", (x, y, 20 + 7 * len(text), 20), shown, text=text, **attributes)

    def message(self, x: int, y: int, text: str, shown: Rect | None = None) -> str:
        """Add a message box; return its id."""
        return self.control("message", (x, y, 20 + 7 * len(text), 22), shown, text=text)

    def subpatcher(self, x: int, y: int, name: str, patcher: "Patcher", shown: Rect | None = None) -> str:
        """Add a box `p name` that a double click opens; return its id."""
        at = (x, y, 20 + 8 * len(name), 22)
        return self._add({"maxclass": "newobj", "text": f"p {name}"}, 0, [], at, shown, patcher)

    def window(self, at: Rect, shown: Rect, patcher: "Patcher") -> str:
        """Add a bpatcher, a window onto the presentation of another patcher; return its id."""
        return self._add({"maxclass": "bpatcher", "embed": 1, "offset": [0, 0], "border": 0}, 0, [], at, shown, patcher)

    def connect(self, source: str, outlet: int, target: str, inlet: int = 0) -> None:
        """Lay a cord."""
        self._lines.append(json.dumps({"patchline": {"source": [source, outlet], "destination": [target, inlet]}}))

    def chain(self, source: str, outlet: int, x: int, y: int, *objects: str) -> str:
        """Add objects below one another, each fed by the one above, the first by `source`; return the last."""
        for i, text in enumerate(objects):
            box = self.object(x, y + 30 * i, text)
            self.connect(source, outlet, box)
            source, outlet = box, 0
        return source

    def _body(self) -> str:
        head = {"fileversion": 1, "appversion": {"major": 8, "minor": 5, "revision": 6, "architecture": "x64",
                                                 "modernui": 1},
                "classnamespace": "box", "rect": self._rect, "openinpresentation": 1, "default_fontsize": 12.0,
                "default_fontname": "Arial", "gridsize": [15.0, 15.0]}
        return (f"{json.dumps(head)[:-1]}, \"boxes\": [\n" + ",\n".join(self._boxes) + "\n], \"lines\": [\n"
                + ",\n".join(self._lines) + "\n]}")

    def text(self) -> str:
        """Return what the file holds."""
        return f"{{\"patcher\": {self._body()}}}\n"
