"""The OSCQuery server's app: answers requests, and follows the state for who listens."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from bridge.failures import Failures
from bridge.namespace import ROOT
from bridge.osc_in import Inbox
from bridge.osc_out import Events, State, encode
from bridge.oscquery.client import Client
from bridge.oscquery.hostinfo import HostInfo
from bridge.oscquery.pace import Pace
from bridge.oscquery.tree import OPTIONAL, REQUIRED, Tree
from bridge.rejections import Answers, Rejections
from engine.clock import Clock
from engine.errors import UserError
from engine.shared import Session

REQUESTS_PER_S, REQUESTS_AT_ONCE = 2000, 1000
"""Of all together; BYTES_PER_REQUEST of an answer weigh as much as a request more."""
BYTES_PER_REQUEST = 4096
FRAMES_PER_S, FRAMES_AT_ONCE = 10_000, 2000
"""Of one client."""
_LOOK = 0.005
_PARAMETERS = f"{ROOT}/param/"
_log = logging.getLogger("phonoscope.oscquery")


class OscQuery:
    """Answers for one session; `app` is what a web server serves. All of it runs on that server's thread.

    state, inbox: of its own, for neither is safe to share. period: seconds between two states of a client. say: told
    the first rejections.
    """

    def __init__(self, session: Session, state: State, inbox: Inbox, info: HostInfo, period: float,
                 clock: Clock, say: Callable[[str], None]) -> None:
        self._session, self._state, self._inbox, self._info = session, state, inbox, info
        self._clock, self._period = clock, period
        self._events = Events(session)
        self._tree = Tree(info.name, session.get)
        self._clients: set[Client] = set()
        self._echo: set[str] = set()
        self._due = clock.now()
        self._answers = Answers()
        self._pace = Pace(REQUESTS_PER_S, REQUESTS_AT_ONCE, clock)
        self._rejections = Rejections("OSCQuery", "faces/oscquery_rejected", say)
        self.app = Starlette(routes=[Mount("/", self._meet)], lifespan=self._lifespan)

    def reject(self, reason: str, sender: str = "a program") -> None:
        """Count something that was rejected, and say it unless much was said already."""
        self._session.count("faces/oscquery_rejected")
        self._rejections.add(sender, reason)

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        following = asyncio.create_task(self._follow())
        yield
        following.cancel()

    async def _follow(self) -> None:
        failures = Failures(_log)
        while True:
            await asyncio.sleep(_LOOK)
            try:
                if self._clients:
                    self._look()
            # Whatever is wrong with what it tells, who listens must hear the rest.
            except Exception as error:
                failures.note("OSCQuery", error)

    def _look(self) -> None:
        """Take in what has happened and what has changed, and pass it on to who listens."""
        now = self._clock.now()
        for message, _, _ in self._events.new(now):
            self._tree.take([message])
            for client in self._listening(message[0]):
                client.event(encode(message))
        if now < self._due:
            return
        self._due = max(self._due + self._period, now)
        echo, self._echo = self._echo, set()
        messages = self._state.changes(now, echo)
        # Each second the state tells everything again, for receivers of datagrams, which may be lost; here none are.
        fresh = [message for message in messages
                 if self._tree.state(message[0]) != message or message[0].removeprefix(_PARAMETERS) in echo]
        for change in self._tree.take(fresh):
            for client in self._clients:
                client.change(change)
        for message in fresh:
            for client in self._listening(message[0]):
                client.state(message[0], encode(message))

    def _listening(self, address: str) -> list[Client]:
        return [client for client in self._clients if address in client.listens]

    async def _meet(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._talk(WebSocket(scope, receive, send))
        else:
            response = await self._answer(Request(scope))
            await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        self._look()
        response = self._response(request)
        await self._pace.turn(1 + len(response.body) / BYTES_PER_REQUEST)
        return response

    def _response(self, request: Request) -> Response:
        path = _normal(request.scope["path"])
        attribute = request.scope["query_string"].decode("latin-1").partition("#")[0]
        if request.method not in ("GET", "HEAD"):
            return self._refuse(request, 405, f"{request.method}: expected GET")
        if attribute == "HOST_INFO":
            return self._json(self._info.attributes(*request.scope["server"]))
        if path not in self._tree:
            return self._refuse(request, 404, f"{path[:200]}: there is no such address")
        if not attribute:
            return self._json(self._tree.describe(path))
        if attribute not in (*REQUIRED, *OPTIONAL):
            return self._refuse(request, 400, f"?{attribute[:100]}: there is no such attribute; there are HOST_INFO, "
                                              f"{', '.join((*REQUIRED, *OPTIONAL))}")
        found = self._tree.attribute(path, attribute)
        return self._refuse(request, 204, f"{path}: it can't be read") if found is None else self._json(found)

    def _json(self, content: dict[str, Any]) -> Response:
        self._session.count("faces/oscquery_answered")
        return Response(orjson.dumps(content), media_type="application/json")

    def _refuse(self, request: Request, status: int, reason: str) -> Response:
        self.reject(reason, _sender(request))
        return Response(status_code=status) if status == 204 else PlainTextResponse(f"{reason}\n", status)

    async def _talk(self, websocket: WebSocket) -> None:
        await websocket.accept()
        self._look()  # of what is there it may want to hear with its first word
        client = Client(lambda: self._session.count("faces/oscquery_lost"))
        self._clients.add(client)
        self._session.tell("faces/oscquery_clients", len(self._clients))
        sending = asyncio.create_task(client.send(websocket))
        pace = Pace(FRAMES_PER_S, FRAMES_AT_ONCE, self._clock)
        try:
            while (message := await websocket.receive())["type"] == "websocket.receive":
                if (packet := message.get("bytes")) is not None:
                    rejected = self._hear(client, packet)
                else:
                    rejected = self._obey(client, message["text"])
                for reason in rejected:
                    self.reject(reason, _sender(websocket))
                await pace.turn()
        finally:
            sending.cancel()
            self._clients.discard(client)
            self._session.tell("faces/oscquery_clients", len(self._clients))

    def _hear(self, client: Client, packet: bytes) -> list[str]:
        """Apply an OSC packet; return why messages of it were rejected."""
        received = self._inbox.receive(packet)
        self._session.count("faces/oscquery_answered", received.accepted)
        self._echo.update(received.changed)
        for reply in self._answers.pass_on(received.replies, self._clock.now()):
            client.event(encode(reply))
        return received.rejected

    def _obey(self, client: Client, text: str) -> list[str]:
        """Do what a command asks for; return why not, if it can't be done."""
        try:
            command, path = _parsed(text)
            if not self._tree.is_method(path):
                raise UserError(f"{command} {path[:200]}: no messages come from there")
        except UserError as error:
            return [str(error)]
        self._session.count("faces/oscquery_answered")
        if command == "IGNORE":
            client.ignore(path)
        else:
            client.listens.add(path)
            if (newest := self._tree.state(path)) is not None:
                client.state(path, encode(newest))
        return []


def _sender(connection: HTTPConnection) -> str:
    return f"{connection.client.host}:{connection.client.port}" if connection.client else "a program"


def _parsed(text: str) -> tuple[str, str]:
    """Return the command and the path of a text frame; UserError if it is none."""
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise UserError(f"a text frame that isn't JSON ({error})") from None
    command, path = (content.get("COMMAND"), content.get("DATA")) if isinstance(content, dict) else (None, None)
    if command not in ("LISTEN", "IGNORE") or not isinstance(path, str):
        raise UserError(f"{text[:200]}: expected a command such as "
                        '{"COMMAND": "LISTEN", "DATA": "/phono/param/master/gain"}')
    return command, _normal(path)


def _normal(path: str) -> str:
    """Return a path as the tree knows it: without fragment and trailing slash."""
    return "/" + path.partition("#")[0].strip("/")
