"""Follows the instrument for all browsers at once, and hands on what they ask for.

Both ways the messages are those of OSC (bridge.namespace), as JSON lists [address, argument, ...].
"""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import orjson
from starlette.websockets import WebSocket

from bridge.failures import Failures
from bridge.namespace import ROOT
from bridge.osc_in import ERROR, Inbox
from bridge.osc_out import Events, Message, State, encode
from bridge.oscquery.pace import Pace
from bridge.page.stage.insight import Insight
from bridge.page.stage.spectrum import Spectrum
from bridge.page.stage.viewer import Viewer, packed
from engine.clock import Clock
from engine.errors import UserError
from engine.parameters import LAYERS
from engine.shared import Session

RATE = 30.0
"""How often a second browsers are told of what has changed."""
WISHES_PER_S, WISHES_AT_ONCE = 500, 200
"""Of one browser: a dragged fader sends about 60 a second."""
SPECTRUM = f"{ROOT}/spectrum"
_METERS = ("sound/true_peak", "sound/loudness_short", "sound/reduction", "sound/grains", "sound/missed",
           *(f"sound/layer/{layer}/level" for layer in range(1, LAYERS + 1)))
"""Telemetry that is told at RATE, not once a second."""
_MOST_ARGUMENTS = 8
_LOOK = 0.005
_log = logging.getLogger("phonoscope.page")


class Hub:
    """Of one session; all of it runs on the web server's thread. state, inbox: of its own, neither is safe to share."""

    def __init__(self, session: Session, state: State, inbox: Inbox, clock: Clock) -> None:
        self._session, self._state, self._inbox, self._clock = session, state, inbox, clock
        self._events = Events(session)
        self._spectrum = Spectrum(session)
        self._insight = Insight(session)
        self._known: dict[str, Message] = {}
        self._viewers: set[Viewer] = set()
        self._echo: set[str] = set()
        self._due = clock.now()

    async def follow(self) -> None:
        """Tell browsers of what happens, for as long as the server runs."""
        failures = Failures(_log)
        while True:
            await asyncio.sleep(_LOOK if self._viewers else 1 / RATE)
            try:
                if self._viewers and self._clock.now() >= self._due:
                    self._tell()
            # Whatever is wrong with what it tells, browsers must hear the rest.
            except Exception as error:
                failures.note("the page", error)

    async def talk(self, websocket: WebSocket) -> None:
        """Tell one browser everything, and from then on what changes; do what it asks for."""
        await websocket.accept()
        self._tell()
        viewer = Viewer(websocket)
        viewer.give(self._known, (), packed(self._known.values()))
        self._count(viewer, True)
        sending = asyncio.create_task(viewer.send())
        pace = Pace(WISHES_PER_S, WISHES_AT_ONCE, self._clock)
        try:
            while (message := await websocket.receive())["type"] == "websocket.receive":
                self._hear(viewer, message.get("text"))
                await pace.turn()
        finally:
            sending.cancel()
            self._count(viewer, False)

    def _count(self, viewer: Viewer, there: bool) -> None:
        (self._viewers.add if there else self._viewers.discard)(viewer)
        self._session.tell("faces/page_clients", len(self._viewers))

    def _tell(self) -> None:
        now = self._clock.now()
        self._due = max(self._due + 1 / RATE, now)
        events = [message for message, _, _ in self._events.new(now)]
        echo, self._echo = self._echo, set()
        echoed = {f"{ROOT}/param/{path}" for path in echo}
        # The state repeats itself each second for receivers of datagrams, which may be lost; here none are.
        state = {message[0]: message for message in (*self._state.changes(now, echo), *self._meters(),
                                                     *self._insight.messages(now))
                 if self._known.get(message[0]) != message or message[0] in echoed}
        self._known |= state
        if (column := self._spectrum.newest()) is not None:
            state[SPECTRUM] = (SPECTRUM, tuple(column))
        if state or events:
            frame = packed([*state.values(), *events])
            for viewer in self._viewers:
                viewer.give(state, events, frame)

    def _meters(self) -> Iterator[Message]:
        for name in _METERS:
            yield f"{ROOT}/state/{name}", (round(self._session.told(name), 2),)

    def _hear(self, viewer: Viewer, text: str | None) -> None:
        try:
            message = _parsed(text)
        except UserError as error:
            self._session.count("faces/page_rejected")
            viewer.tell((ERROR, ("", str(error))))
            return
        received = self._inbox.receive(encode(message))
        self._session.count("faces/page_received", received.accepted)
        self._echo.update(received.changed)
        self._session.count("faces/page_rejected", len(received.rejected))
        for reply in received.replies:
            viewer.tell(reply)


def _parsed(text: str | None) -> Message:
    """Return the message in a text frame; UserError if there is none."""
    try:
        content: Any = orjson.loads(text or "")
    except orjson.JSONDecodeError:
        content = None
    if not (isinstance(content, list) and content and isinstance(content[0], str) and content[0].startswith("/")):
        raise UserError(f'{(text or "bytes")[:100]}: expected a message such as ["/phono/param/master/gain", -6.0]')
    address, *arguments = content
    if len(arguments) > _MOST_ARGUMENTS or not address.isascii() or "\0" in address or not all(map(_fits, arguments)):
        raise UserError(f"{address[:100]}: expected up to {_MOST_ARGUMENTS} numbers and texts")
    return address, tuple(float(a) if isinstance(a, int | float) else a for a in arguments)


def _fits(argument: Any) -> bool:
    if isinstance(argument, str):
        return "\0" not in argument and argument.isprintable()
    return isinstance(argument, int | float) and abs(argument) < 1e38
