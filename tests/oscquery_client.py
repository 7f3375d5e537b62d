"""An OSCQuery client, written from the text of the proposal (Vidvox/OSCQueryProposal, third revision) and nothing else.

It knows nothing of the instrument: it asks, checks that what is answered is what the proposal says, and listens.
"""

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import connect

Node = dict[str, Any]

NUMBERS, TEXTS, VALUELESS = "ifhdt", "sSc", "TFNIbm"
PER_VALUE = ("VALUE", "RANGE", "UNIT", "CLIPMODE", "EXTENDED_TYPE")
OPTIONAL = ("ACCESS", "VALUE", "RANGE", "DESCRIPTION", "TAGS", "EXTENDED_TYPE", "UNIT", "CRITICAL", "CLIPMODE",
            "OVERLOADS")


class OscQueryClient:
    """Asks the server at `host`:`port`."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.host, self.port = host, port
        self._http = http.client.HTTPConnection(host, port, timeout=10)

    def ask(self, path: str, attribute: str = "", method: str = "GET") -> tuple[int, Any]:
        """Return the status, and what JSON was answered with status 200."""
        try:
            self._http.request(method, path + (f"?{attribute}" if attribute else ""))
            answer = self._http.getresponse()
        except (http.client.HTTPException, ConnectionError):  # the connection had been closed meanwhile
            self._http.close()
            self._http.request(method, path + (f"?{attribute}" if attribute else ""))
            answer = self._http.getresponse()
        body = answer.read()
        if answer.status != 200:
            return answer.status, None
        assert answer.getheader("Content-Type", "").partition(";")[0] == "application/json"
        return 200, json.loads(body) if method == "GET" else None

    def host_info(self) -> dict[str, Any]:
        """Return HOST_INFO, checked."""
        status, info = self.ask("/", "HOST_INFO")
        assert status == 200
        assert isinstance(info.get("NAME", ""), str)
        assert all(isinstance(has, bool) for has in info["EXTENSIONS"].values())
        for name in ("OSC_IP", "WS_IP"):
            socket.inet_aton(info.get(name, self.host))
        for name in ("OSC_PORT", "WS_PORT"):
            assert 0 < info.get(name, self.port) < 65536
        assert info.get("OSC_TRANSPORT", "UDP") in ("UDP", "TCP")
        return info

    def tree(self) -> dict[str, Node]:
        """Return every node by its path, checked."""
        status, root = self.ask("/")
        assert status == 200
        extensions = self.host_info()["EXTENSIONS"]
        nodes = dict(_walk(root, "/"))
        for path, node in nodes.items():
            check(node, path, extensions)
        return nodes

    def send(self, path: str, *arguments: Any, types: str = "") -> None:
        """Send an OSC message to where HOST_INFO says."""
        info = self.host_info()
        assert info.get("OSC_TRANSPORT", "UDP") == "UDP"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.sendto(packet(path, *arguments, types=types),
                       (info.get("OSC_IP", self.host), info.get("OSC_PORT", self.port)))

    def close(self) -> None:
        """Close the connection."""
        self._http.close()


class Listening:
    """A WebSocket to the server at `port`: it LISTENs to `paths`, and connects and LISTENs again when it is cut off.

    heard: messages by address, the newest last. changes: commands of the server.
    """

    def __init__(self, port: int, paths: list[str]) -> None:
        self._address, self._paths = f"ws://127.0.0.1:{port}/", paths
        self.heard: dict[str, list[tuple[Any, ...]]] = {}
        self.changes: list[tuple[str, Any]] = []
        self.connections = 0
        self._out: list[str | bytes] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def newest(self, path: str) -> tuple[Any, ...] | None:
        """Return the arguments of the newest message from `path`."""
        return self.heard[path][-1] if path in self.heard else None

    def command(self, command: str, path: str) -> None:
        """Send a command."""
        self._out.append(json.dumps({"COMMAND": command, "DATA": path}))

    def send(self, path: str, *arguments: Any, types: str = "") -> None:
        """Send an OSC message by the WebSocket."""
        self._out.append(packet(path, *arguments, types=types))

    def close(self) -> None:
        """End the connection."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                with connect(self._address, open_timeout=2, close_timeout=1) as websocket:
                    for path in self._paths:
                        websocket.send(json.dumps({"COMMAND": "LISTEN", "DATA": path}))
                    self.connections += 1
                    while not self._over.is_set():
                        while self._out:
                            websocket.send(self._out.pop(0))
                        try:
                            self._take(websocket.recv(0.01))
                        except TimeoutError:
                            continue
            except (OSError, ConnectionClosed, WebSocketException):
                self._over.wait(0.05)

    def _take(self, frame: str | bytes) -> None:
        if isinstance(frame, str):
            content = json.loads(frame)
            self.changes.append((content["COMMAND"], content["DATA"]))
        else:
            message = OscMessage(frame)
            self.heard.setdefault(message.address, []).append(tuple(message.params))


def packet(path: str, *arguments: Any, types: str = "") -> bytes:
    """Return an OSC message."""
    builder = OscMessageBuilder(path)
    for i, argument in enumerate(arguments):
        builder.add_arg(argument, types[i] if types else None)
    return bytes(builder.build().dgram)


def until(condition: Callable[[], object], what: str, seconds: float = 30) -> None:
    """Return as soon as `condition` holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.01)


def check(node: Node, path: str, extensions: dict[str, bool]) -> None:
    """Assert that `node` is as the proposal says that the node `path` of such a server is."""
    assert node["FULL_PATH"] == path
    for name in OPTIONAL:
        assert name not in node or extensions.get(name), f"{path}: {name} isn't among the EXTENSIONS"
    assert node.get("ACCESS", 3) in (0, 1, 2, 3)
    assert isinstance(node.get("DESCRIPTION", ""), str)
    assert all(isinstance(tag, str) for tag in node.get("TAGS", []))
    assert isinstance(node.get("CRITICAL", False), bool)
    if "TYPE" in node:
        _check_form(node)
    else:
        assert node.get("ACCESS", 0) == 0 and not node.keys() & {*PER_VALUE}, f"{path}: values without a TYPE"
        assert "CONTENTS" in node
    for form in node.get("OVERLOADS", []):
        assert "CONTENTS" not in form and form["TYPE"] != node["TYPE"]
        _check_form(form)
    if not node.get("ACCESS", 3) & 1:
        assert "VALUE" not in node, f"{path}: a VALUE that can't be read"


def _check_form(form: Node) -> None:
    types = form["TYPE"]
    assert types and all(tag in NUMBERS + TEXTS + VALUELESS for tag in types), f"unknown types {types}"
    for name in PER_VALUE:
        if name in form:
            assert len(form[name]) in (1, len(types)), f"{name}: {len(form[name])} for the types {types}"
    for tag, value in zip(types, form.get("VALUE", []), strict="VALUE" in form):
        assert _fits(tag, value), f"{value!r} isn't of type {tag}"
    for i, span in enumerate(form.get("RANGE", [])):
        assert span.keys() <= {"MIN", "MAX", "VALS"}
        assert all(_fits(types[i], limit) for limit in (*span.get("VALS", []), *map(span.get, span.keys() - {"VALS"})))
        if "VALUE" in form and "MIN" in span:
            assert span["MIN"] <= form["VALUE"][i] <= span["MAX"]
        if "VALUE" in form and "VALS" in span:
            assert form["VALUE"][i] in span["VALS"]
    assert all(isinstance(unit, str) and unit for unit in form.get("UNIT", []))
    assert all(mode in ("none", "low", "high", "both") for mode in form.get("CLIPMODE", []))


def _fits(tag: str, value: Any) -> bool:
    if value is None:
        return True
    if tag in TEXTS:
        return isinstance(value, str)
    return tag in NUMBERS and isinstance(value, int if tag in "iht" else int | float) and not isinstance(value, bool)


def _walk(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    yield path, node
    for name, child in node.get("CONTENTS", {}).items():
        assert name and "/" not in name
        yield from _walk(child, f"{path.rstrip('/')}/{name}")
