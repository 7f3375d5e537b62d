"""A stand-in for TouchDesigner's module `td`: enough of it to build a network by script, and strict about names.

An operator, parameter, member or menu entry that isn't in the tables below is refused, as TouchDesigner would. Each
table says where its names were read. What the stand-in can't tell: whether the real program cooks as expected.
"""

import ast
import enum
import types
from collections.abc import Callable
from typing import Any

OPERATORS: dict[str, tuple[str, ...]] = {
    # derivative.ca/UserGuide/OSC_In_CHOP, /OSC_In_DAT, /OSC_Out_DAT: parameter names of each page.
    "oscinCHOP": ("active", "protocol", "netaddress", "port", "localaddress", "oscaddressscope", "useglobalrate",
                  "samplerate", "queued", "stripsegments", "resetchannels", "resetvalues"),
    "oscinDAT": ("active", "protocol", "address", "port", "localaddress", "shared", "addscope", "typetag",
                 "splitbundle", "splitmessage", "bundletimestamp", "callbacks", "clamp", "maxlines", "clear", "bytes"),
    "oscoutDAT": ("active", "protocol", "address", "port", "localaddress", "shared", "addscope", "callbacks", "clamp",
                  "maxlines", "clear"),
    # derivative.ca/UserGuide/Parameter_Execute_DAT.
    "parameterexecuteDAT": ("active", "op", "pars", "valuechange", "valueschanged", "onpulse", "expressionchange",
                            "exportchange", "enablechange", "modechange", "custom", "builtin"),
    "textDAT": ("file", "syncfile"),
    "tableDAT": ("file", "syncfile"),
    # derivative.ca/UserGuide/Script_TOP, /NDI_In_TOP, /Video_Stream_In_TOP, /Shared_Mem_In_TOP, /Syphon_Spout_In_TOP.
    "scriptTOP": ("callbacks", "setuppars"),
    "ndiinTOP": ("active", "name", "extraips", "bandwidth", "hwdecode"),
    "videostreaminTOP": ("active", "mode", "url", "play", "reload", "prereadframes", "networkbuffersize",
                         "networkqueuesize", "disablebuffering", "hwdecode"),
    "sharedmeminTOP": ("active", "name", "memtype"),
    "syphonspoutinTOP": ("sendername", "usespoutactivesender"),
    "switchTOP": ("index", "blend"),  # scripts on GitHub: switchTOP .par.index, .par.blend
    "nullTOP": (), "nullCHOP": (), "nullDAT": (),
    # The label of an in or out operator is that of its connector (Out TOP, Out CHOP, Out DAT pages).
    "outTOP": ("label",), "outCHOP": ("label",), "outDAT": ("label",),
    "infoCHOP": ("op", "infotype", "values", "range", "passive", "childcooktime"),  # derivative.ca/UserGuide/Info_CHOP
    "performCHOP": ("fps", "msec", "cook", "droppedframes", "gpumemused", "totalgpumem"),  # .../Perform_CHOP
    "mergeCHOP": ("align",),
    "baseCOMP": (),
}
DOCKED_CALLBACKS = {"oscinDAT", "oscoutDAT", "scriptTOP"}
"""Operators that come with a docked callbacks DAT."""
INPUTS = {"switchTOP": 99, "mergeCHOP": 99,
          "nullTOP": 1, "nullCHOP": 1, "nullDAT": 1, "outTOP": 1, "outCHOP": 1, "outDAT": 1}
OUTPUTS = {"outTOP": 0, "outCHOP": 0, "outDAT": 0, "baseCOMP": 0}
MENUS = {("sharedmeminTOP", "memtype"): ("local", "global")}
NODE_MEMBERS = {"nodeX", "nodeY", "comment", "viewer", "dock"}
STYLES = ("Float", "Int", "Toggle", "Menu", "Str", "Pulse", "File")  # Page Class: append<Style>(name, label=None, ...)


class Refused(Exception):
    """What TouchDesigner has no such thing of."""


class ParMode(enum.Enum):
    CONSTANT = 0
    EXPRESSION = 1


class AbsTime:
    seconds = 0.0
    frame = 0


absTime = AbsTime()


class Par:
    """A parameter (Par Class)."""

    _MEMBERS = frozenset(("owner", "name", "style", "label", "default", "min", "max", "clampMin", "clampMax", "normMin",
                          "normMax", "menuNames", "menuLabels", "readOnly", "expr", "mode", "help", "val", "page"))

    def __init__(self, owner: "OP", name: str, style: str, page: "Page | None" = None) -> None:
        value: Any = {"Float": 0.0, "Int": 0, "Toggle": False}.get(style, "")
        self.__dict__.update(owner=owner, name=name, style=style, page=page, label=name, default=value, _value=value,
                             menuNames=[], menuLabels=[], mode=ParMode.CONSTANT, expr="", min=0.0, max=1.0,
                             clampMin=False, clampMax=False, normMin=0.0, normMax=1.0, readOnly=False, help="")

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._MEMBERS or name in ("owner", "name", "style", "page"):
            raise Refused(f"a parameter has no member {name} that can be set")
        if name == "val":
            self.set(value)
        else:
            self.__dict__[name] = value

    @property
    def isMenu(self) -> bool:
        return bool(self.style == "Menu")

    @property
    def val(self) -> Any:
        return self._value

    @property
    def menuIndex(self) -> int:
        return int(self.menuNames.index(self.eval()))

    def set(self, value: Any) -> None:
        if self.style == "Menu" and value not in self.menuNames:
            raise Refused(f"{self.name}: {value!r} is not in its menu {self.menuNames}")
        if self.style in ("Float", "Int"):
            value = {"Float": float, "Int": int}[self.style](value)
            value = max(value, self.min) if self.clampMin else value
            value = min(value, self.max) if self.clampMax else value
        if self.style == "Toggle":
            value = bool(value)
        previous, self.__dict__["_value"], self.__dict__["mode"] = self._value, value, ParMode.CONSTANT
        if value != previous:
            self.owner.changed(self, previous)

    def eval(self) -> Any:
        if self.mode is ParMode.EXPRESSION:
            ast.parse(self.expr, mode="eval")
            return eval(self.expr, {"me": self.owner, "parent": self.owner.parent, "absTime": absTime})
        if self.name in ("callbacks", "op") and self._value:
            return self.owner.parent().op(self._value)
        return self._value

    def pulse(self) -> None:
        self.owner.pulsed(self)

    def destroy(self) -> None:
        if self.page is None:
            raise Refused("only custom parameters can be destroyed")
        del self.owner.par.__dict__["_pars"][self.name]

    def __eq__(self, other: object) -> bool:
        return bool(self.eval() == (other.eval() if isinstance(other, Par) else other))

    __hash__ = object.__hash__


class ParCollection:
    def __init__(self, owner: "OP", names: tuple[str, ...]) -> None:
        self.__dict__["_pars"] = {}
        for name in names:
            par = Par(owner, name, "Menu" if (owner.OPType, name) in MENUS else "Any")
            par.menuNames = list(MENUS.get((owner.OPType, name), ()))
            self._pars[name] = par

    def __getattr__(self, name: str) -> Par:
        try:
            found: Par = self.__dict__["_pars"][name]
        except KeyError:
            raise AttributeError(f"there is no parameter {name}") from None
        return found

    def __setattr__(self, name: str, value: Any) -> None:
        getattr(self, name).val = value


class Page:
    def __init__(self, owner: "OP", name: str) -> None:
        self.owner, self.name = owner, name

    def _append(self, style: str, name: str, label: str | None) -> list[Par]:
        if not (name.isascii() and name.isalnum() and name[0].isupper() and name[1:] == name[1:].lower()):
            raise Refused(f"{name}: a custom parameter is a capital, then small letters and digits")
        if name in self.owner.par._pars:
            raise Refused(f"{name} is there already; its value would be lost")
        par = Par(self.owner, name, style, self)
        par.label = label or name
        self.owner.par._pars[name] = par
        return [par]

    def __getattr__(self, name: str) -> Callable[..., list[Par]]:
        style = name.removeprefix("append")
        if style not in STYLES or not name.startswith("append"):
            raise AttributeError(f"a page has no {name}")
        return lambda name, label=None: self._append(style, name, label)


class Connector:
    def __init__(self, owner: "OP", index: int) -> None:
        self.owner, self.index, self.connections = owner, index, []  # type: ignore[var-annotated]

    def connect(self, other: "Connector") -> None:
        """Wire an output to an input, whichever is which; what came into the input before goes."""
        source, target = (other, self) if self in self.owner.inputConnectors else (self, other)
        target.disconnect()
        target.connections[:] = [source]
        source.connections.append(target)

    def disconnect(self) -> None:
        for other in self.connections:
            other.connections.remove(self)
        self.connections.clear()


class OP:
    """An operator (OP Class, COMP Class, DAT Class, Script TOP Class: what a builder uses of them)."""

    def __init__(self, kind: str, name: str, parent: "OP | None") -> None:
        self.__dict__.update(OPType=kind, name=name, _parent=parent, _children={}, _pages=[], _storage={}, text="",
                             rows=[], sent=[], pictures=[], _module=("", None), _awaiting=[], dock=None, nodeX=0,
                             nodeY=0, comment="", viewer=False)
        inputs, outputs = INPUTS.get(kind, 0), OUTPUTS.get(kind, 1)
        self.__dict__.update(inputConnectors=[Connector(self, i) for i in range(inputs)],
                             _outputs=[Connector(self, i) for i in range(outputs)], port=Connector(self, 0))
        self.__dict__["par"] = ParCollection(self, OPERATORS[kind])

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in NODE_MEMBERS and not (name == "text" and self.OPType.endswith("DAT")):
            raise Refused(f"{self.OPType} has no member {name} that can be set")
        self.__dict__[name] = value

    def parent(self) -> "OP":
        assert self._parent is not None
        return self._parent

    @property
    def path(self) -> str:
        return "/" if self._parent is None else f"{self._parent.path.rstrip('/')}/{self.name}"

    @property
    def children(self) -> list["OP"]:
        return list(self._children.values())

    def op(self, path: str) -> "OP | None":
        if path == "..":
            return self.parent()
        return self._children.get(path)

    def create(self, kind: "type | str", name: str) -> "OP":
        token = kind if isinstance(kind, str) else kind.__name__
        if self.OPType != "baseCOMP":
            raise Refused(f"{self.OPType} holds no operators")
        if token not in OPERATORS:
            raise Refused(f"there is no operator type {token}")
        if name in self._children:
            raise Refused(f"{self.path}/{name} is there already; TouchDesigner would call the new one otherwise")
        self._children[name] = node = OP(token, name, self)
        if token in DOCKED_CALLBACKS:
            self._children[f"{name}_callbacks"] = docked = OP("textDAT", f"{name}_callbacks", self)
            docked.dock = node
            node.par.callbacks = docked.name
        return node

    def destroy(self) -> None:
        for connector in (*self.inputConnectors, *self._outputs, self.port):
            connector.disconnect()
        del self.parent()._children[self.name]

    @property
    def outputConnectors(self) -> list[Connector]:
        """A component has one for each out operator in it, in the order of their names."""
        if self.OPType != "baseCOMP":
            return list(self._outputs)
        return [node.port for node in sorted(self.children, key=lambda node: node.name)
                if node.OPType.startswith("out")]

    def setInputs(self, nodes: list["OP"]) -> None:
        if len(nodes) > len(self.inputConnectors):
            raise Refused(f"{self.OPType} has {len(self.inputConnectors)} inputs")
        for connector, node in zip(self.inputConnectors, nodes, strict=False):
            if node.OPType[-3:] != self.OPType[-3:]:
                raise Refused(f"{node.OPType} can't be wired to {self.OPType}")
            connector.connect(node.outputConnectors[0])

    @property
    def inputs(self) -> list["OP"]:
        """Where its wires come from; for a wire out of a component the out operator behind it."""
        return [connector.connections[0].owner for connector in self.inputConnectors if connector.connections]

    # Components

    @property
    def customPages(self) -> list[Page]:
        return list(self._pages)

    def appendCustomPage(self, name: str) -> Page:
        self._pages.append(Page(self, name))
        return self._pages[-1]  # type: ignore[no-any-return]

    def store(self, key: str, value: Any) -> None:
        self._storage[key] = value

    def fetch(self, key: str, default: Any = None, search: bool = True) -> Any:
        return self._storage.get(key, default)

    # Texts and tables

    @property
    def module(self) -> Any:
        """The text of a DAT as a module; it is run again when the text has changed."""
        if not self.OPType.endswith("DAT"):
            raise Refused(f"{self.OPType} has no module")
        text, module = self._module
        if module is None or text != self.text:
            module = types.ModuleType(self.name)
            exec(compile(self.text, self.path, "exec"), module.__dict__)
            self.__dict__["_module"] = self.text, module
        return module

    def _table(self) -> list[list[Any]]:
        if self.OPType != "tableDAT":
            raise Refused(f"{self.OPType} is no table")
        return self.rows  # type: ignore[no-any-return]

    @property
    def numRows(self) -> int:
        return len(self._table())

    def clear(self) -> None:
        self._table().clear()

    def appendRow(self, values: list[Any]) -> None:
        self._table().append([str(value) for value in values])

    def deleteRow(self, index: int) -> None:
        del self._table()[index]

    def _find(self, name: str) -> int:
        return next((i for i, row in enumerate(self._table()) if row[0] == name), -1)

    def row(self, name: str) -> list[Any] | None:
        index = self._find(name)
        return None if index < 0 else self.rows[index]

    def replaceRow(self, name: str, values: list[Any]) -> None:
        self._table()[self._find(name)] = [str(value) for value in values]

    # Networks and pictures

    def sendOSC(self, address: str, values: list[Any]) -> None:
        if self.OPType != "oscoutDAT":
            raise Refused(f"{self.OPType} sends no OSC")
        self.sent.append((address, tuple(values)))

    def copyNumpyArray(self, array: Any) -> None:
        if self.OPType != "scriptTOP" or array.dtype.name not in ("uint8", "uint16", "float32") or array.ndim != 3:
            raise Refused("copyNumpyArray takes uint8, uint16 or float32 [height, width, 1 to 4] in a Script TOP")
        self.pictures.append(array)

    # What happens by itself in TouchDesigner

    def changed(self, par: Par, previous: Any) -> None:
        self._awaiting.append((par, previous))

    def _watchers(self) -> list["OP"]:
        return [dat for dat in self.children if dat.OPType == "parameterexecuteDAT" and dat.par.active.eval()
                and dat.par.op.val == ".." and dat.par.pars.val == "*" and dat.par.custom.val]

    def pulsed(self, par: Par) -> None:
        for dat in self._watchers():
            if dat.par.onpulse.val:
                dat.module.onPulse(par)

    def frame(self) -> None:
        """Be a frame: call back for the custom parameters that have changed since the last."""
        awaiting, self.__dict__["_awaiting"] = self._awaiting, []
        for dat in self._watchers():
            for par, previous in awaiting:
                if par.page is not None and dat.par.valuechange.val:
                    dat.module.onValueChange(par, previous)


class Root(OP):
    """The topmost operator, with /project1 in it."""

    def __init__(self) -> None:
        super().__init__("baseCOMP", "", None)
        self.create("baseCOMP", "project1")


def module() -> types.ModuleType:
    """Return a module `td` with a network of its own."""
    td = types.ModuleType("td")
    root = Root()
    absTime.seconds, absTime.frame = 0.0, 0

    def op(path: str) -> OP | None:
        node: OP | None = root
        for part in path.strip("/").split("/"):
            node = node.op(part) if node else None
        return node

    td.__dict__.update({kind: type(kind, (), {}) for kind in OPERATORS}, op=op, root=root, absTime=absTime,
                       ParMode=ParMode)
    return td
