"""Text of a Pure Data patch: a canvas of boxes, each with its place, and the cords between them."""

import re

_COLOURS = "#fcfcfc #204060 #000000"


def _escaped(text: str) -> str:
    return re.sub(r"([$])(\d)", r"\\\1\2", text).replace(",", r" \,").replace(";", r" \;")


class Canvas:
    """A patch or sub-patch that is being written; boxes are numbered in the order in which they are added."""

    def __init__(self, width: int, height: int, name: str = "") -> None:
        self._head = f"#N canvas 60 60 {width} {height} " + (f"{name} 0;" if name else "12;")
        self._boxes: list[str] = []
        self._cords: list[str] = []

    def _add(self, box: str) -> int:
        self._boxes.append(box)
        return len(self._boxes) - 1

    def comment(self, x: int, y: int, text: str) -> int:
        """Add a comment."""
        return self._add(f"#X text {x} {y} {_escaped(text)};")

    def object(self, x: int, y: int, text: str) -> int:
        """Add an object with its arguments; `$1` is an argument of the abstraction."""
        return self._add(f"#X obj {x} {y} {_escaped(text)};")

    def message(self, x: int, y: int, text: str) -> int:
        """Add a message box; it sends to others if it begins with a semicolon."""
        return self._add(f"#X msg {x} {y} {_escaped(text).strip()};")

    def subpatch(self, x: int, y: int, canvas: "Canvas", name: str) -> int:
        """Add a sub-patch, complete by now."""
        return self._add(f"{canvas.text()}#X restore {x} {y} pd {name};")

    def slider(self, x: int, y: int, low: float, high: float, log: bool, sends: str, hears: str,
               width: int = 150) -> int:
        """Add a horizontal slider."""
        return self._add(f"#X obj {x} {y} hsl {width} 15 {low:g} {high:g} {log:d} 0 {_escaped(sends)} "
                         f"{_escaped(hears)} empty -2 -8 0 10 {_COLOURS} 0 1;")

    def toggle(self, x: int, y: int, sends: str, hears: str, label: str = "empty") -> int:
        """Add a toggle."""
        return self._add(f"#X obj {x} {y} tgl 15 0 {_escaped(sends)} {_escaped(hears)} {label} 19 7 0 12 {_COLOURS} "
                         "0 1;")

    def radio(self, x: int, y: int, buttons: int, sends: str, hears: str) -> int:
        """Add a row of buttons of which one is on."""
        return self._add(f"#X obj {x} {y} hradio 15 1 0 {buttons} {_escaped(sends)} {_escaped(hears)} empty 0 -8 0 10 "
                         f"{_COLOURS} 0;")

    def lamp(self, x: int, y: int, hears: str, label: str) -> int:
        """Add a bang button that lights up."""
        return self._add(f"#X obj {x} {y} bng 15 250 50 0 empty {hears} {label} 19 7 0 12 #fcfcfc #d04020 #000000;")

    def number(self, x: int, y: int, hears: str, sends: str = "-", label: str = "-") -> int:
        """Add a number box, its label to the right."""
        return self._add(f"#X floatatom {x} {y} 7 0 0 1 {_escaped(label).replace(' ', chr(92) + ' ')} "
                         f"{_escaped(hears)} {_escaped(sends)} 12;")

    def word(self, x: int, y: int, width: int, hears: str) -> int:
        """Add a box that shows a word."""
        return self._add(f"#X symbolatom {x} {y} {width} 0 0 0 - {_escaped(hears)} - 12;")

    def connect(self, source: int, outlet: int, target: int, inlet: int = 0) -> None:
        """Lay a cord."""
        self._cords.append(f"#X connect {source} {outlet} {target} {inlet};")

    def chain(self, source: int, outlet: int, x: int, y: int, *objects: str) -> int:
        """Add objects below one another, each fed by the one above, the first by `source`; return the last."""
        for i, text in enumerate(objects):
            box = self.object(x, y + 24 * i, text)
            self.connect(source, outlet, box)
            source, outlet = box, 0
        return source

    def text(self) -> str:
        """Return what the file holds."""
        return "\n".join([self._head, *self._boxes, *self._cords]) + "\n"
