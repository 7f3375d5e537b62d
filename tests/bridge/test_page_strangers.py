"""Whom the page keeps out: other sites, machines that pretend to be this one, and who doesn't know the token."""

import asyncio
import http.client
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from bridge.page import guesses
from bridge.page.door import Door
from bridge.page.guesses import Guesses
from bridge.webguard import crossing
from engine.clock import VirtualClock
from engine.shared import Session
from tests.bridge.test_bad_uploads import studio
from tests.bridge.test_stage_page import Stage, with_dream
from tests.browser import opened

SOCKETS = ("/live", "/picture/camera", "/picture/dream")
ANYWHERE = ("/", "/imagine", "/library", "/dream", "/walk/", "/static/stage.js", "/instrument.json", "/openapi.json",
            "/imagine/picture", "/imagine/sound.wav?picks=1:1", "/dream/pictures", "/nowhere")


@pytest.fixture
def stage(session: Session) -> Iterator[Stage]:
    stage = Stage(with_dream(session))
    yield stage
    stage.face.close()


@pytest.fixture
def guarded(session: Session) -> Iterator[Stage]:
    """A page that is open to the network."""
    stage = Stage(with_dream(session), "0.0.0.0:0", "open sesame")
    yield stage
    stage.face.close()


def ask(stage: Stage, path: str, method: str = "GET", body: bytes = b"",
        **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of an answer."""
    connection = http.client.HTTPConnection(stage.place.replace("0.0.0.0", "127.0.0.1"), timeout=30)
    try:
        connection.request(method, path, body or None, {name.replace("_", "-"): v for name, v in headers.items()})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(("method", "marked", "refused"), [
    ("GET", {}, False), ("GET", {"site": "none"}, False), ("POST", {"site": "same-origin"}, False),
    ("GET", {"site": "cross-site", "mode": "navigate", "dest": "document"}, False),
    ("GET", {"site": "same-site", "mode": "navigate", "dest": "document"}, False),
    ("GET", {"site": "cross-site", "mode": "navigate", "dest": "iframe"}, True),
    ("POST", {"site": "cross-site", "mode": "navigate", "dest": "document"}, True),
    ("GET", {"site": "cross-site", "mode": "no-cors", "dest": "image"}, True),
    ("GET", {"site": "same-site", "mode": "no-cors", "dest": "audio"}, True),
    ("GET", {"site": "cross-site", "mode": "cors", "dest": "empty"}, True),
    ("WEBSOCKET", {"site": "cross-site", "mode": "websocket", "dest": "websocket"}, True),
    ("GET", {"site": "nonsense"}, True)])
def test_other_sites_may_link_but_not_embed(method: str, marked: dict[str, str], refused: bool) -> None:
    headers = [(b"sec-fetch-" + name.encode(), value.encode()) for name, value in marked.items()]
    assert (crossing(method, headers) is not None) == refused


def test_every_answer_carries_the_headers_that_keep_strangers_scripts_off(stage: Stage, guarded: Stage) -> None:
    answers = [ask(stage, path) for path in ANYWHERE]
    answers += [ask(stage, "/", Host="evil.example"), ask(stage, "/", Origin="http://evil.example"),
                ask(stage, "/", Sec_Fetch_Site="cross-site"), ask(stage, "/", "DELETE"),
                ask(stage, "/?" + "x" * 17_000), ask(guarded, "/"), ask(guarded, "/?token=open%20sesame")]
    for status, headers, _ in answers:
        assert "default-src 'none'" in headers["content-security-policy"], status
        assert "frame-ancestors 'none'" in headers["content-security-policy"], status
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers
    assert [status for status, _, _ in answers[-7:]] == [403, 403, 403, 405, 431, 403, 303]


def test_a_preflight_is_answered_without_allowance(stage: Stage) -> None:
    for path in ("/imagine/picture", "/instrument.json"):
        status, headers, _ = ask(stage, path, "OPTIONS", Origin="http://evil.example",
                                 Access_Control_Request_Method="POST")
        assert status == 403 and not [name for name in headers if name.startswith("access-control")]


def test_no_socket_opens_for_another_site_or_name(stage: Stage) -> None:
    rejected = stage.session.told("faces/page_rejected")
    for path in SOCKETS:
        for named in ({"origin": "http://evil.example"}, {"origin": "null"},
                      {"origin": f"http://localhost:{stage.place.rpartition(':')[2]}0"},
                      {"additional_headers": {"Sec-Fetch-Site": "cross-site"}},
                      {"additional_headers": {"Host": "evil.example"}}):
            with pytest.raises(InvalidStatus) as refused, connect(f"ws://{stage.place}{path}", **named):  # type: ignore[arg-type]
                pass
            assert refused.value.response.status_code in (400, 403)
    assert stage.session.told("faces/page_rejected") == rejected + 5 * len(SOCKETS)


class Elsewhere:
    """A site of somebody else's, on another port of this machine; every address shows `page`."""

    def __init__(self, page: str) -> None:
        class Shown(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("content-type", "text/html")
                self.end_headers()
                self.wfile.write(page.encode())

            def log_message(self, *said: Any) -> None:
                pass
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Shown)
        self.address = f"http://127.0.0.1:{self._server.server_port}/"
        Thread(target=self._server.serve_forever).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def wait_for(page: Any, condition: Callable[[], bool]) -> None:
    for _ in range(400):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError([frame.url for frame in page.frames])


def test_a_browser_on_another_site_neither_reads_nor_steers_nor_costs(stage: Stage) -> None:
    here = f"http://localhost:{stage.place.rpartition(':')[2]}"
    elsewhere = Elsewhere(f"""<!doctype html><title>x</title><iframe src="{here}/"></iframe>
        <img src="{here}/static/icon.svg"><script src="{here}/static/link.js"></script>
        <form method=post enctype="text/plain" action="{here}/imagine/picture" target=out><input name=a value=b></form>
        <iframe name=out></iframe><a href="{here}/">there</a>""")
    try:
        with opened(elsewhere.address) as page:
            tried = page.evaluate("""async (here) => {
                const outcome = (asked) => asked.then((answer) => answer.type + answer.status, () => "refused");
                const socket = (path) => new Promise((go) => {
                    const socket = new WebSocket(here.replace("http", "ws") + path);
                    socket.onopen = () => go("open");
                    socket.onerror = () => go("refused");
                });
                return {
                    read: await outcome(fetch(here + "/instrument.json")),
                    costly: await outcome(fetch(here + "/library.json", {mode: "no-cors"})),
                    upload: await outcome(fetch(here + "/imagine/picture", {method: "POST", body: new Blob(["x"])})),
                    preflight: await outcome(fetch(here + "/", {method: "PUT"})),
                    image: document.images[0].naturalWidth,
                    live: await socket("/live"),
                };
            }""", here)
            assert tried == {"read": "refused", "costly": "refused", "upload": "refused", "preflight": "refused",
                             "image": 0, "live": "refused"}
            page.evaluate("document.forms[0].submit()")
            wait_for(page, lambda: all(frame.url.startswith("chrome-error:") for frame in page.frames[1:]))
            with pytest.raises(AssertionError, match="there is no studio"):
                studio()
            page.click("text=there")  # a link is followed
            page.wait_for_selector("#camera")
    finally:
        elsewhere.close()


def test_behind_the_door_is_everything(guarded: Stage) -> None:
    for path in ANYWHERE:
        for method in ("GET", "POST"):
            assert ask(guarded, path, method)[0] == 403, path
    for path in SOCKETS:
        with pytest.raises(InvalidStatus), connect(f"ws://{guarded.place.replace('0.0.0.0', '127.0.0.1')}{path}"):
            pass


def test_who_guesses_the_token_is_slowed(guarded: Stage) -> None:
    for number in range(guesses.AT_ONCE - 1):
        assert ask(guarded, f"/?token={number}")[0] == 403
    assert ask(guarded, "/?token=one%20more")[0] == 429
    status, headers, said = ask(guarded, "/?token=open%20sesame")
    assert (status, 0 < int(headers["retry-after"]) <= guesses.APART) == (429, True)
    assert b"wait" in said
    assert ask(guarded, "/", Cookie="phonoscope=open%20sesame")[0] == 429


def test_a_browser_with_yesterdays_cookie_slows_nobody(guarded: Stage) -> None:
    for _ in range(3 * guesses.AT_ONCE):
        assert ask(guarded, "/instrument.json", Cookie="phonoscope=yesterday")[0] == 403
    assert ask(guarded, "/instrument.json", Cookie="phonoscope=open%20sesame")[0] == 200
    status, headers, _ = ask(guarded, "/?token=open%20sesame")
    assert (status, headers["location"]) == (303, "/")
    assert {"HttpOnly", "SameSite=strict"} <= set(headers["set-cookie"].split("; "))


def test_guesses_are_counted_by_address_forgiven_and_bounded() -> None:
    clock = VirtualClock(1000)
    counted = Guesses(clock)

    def guess(address: str, times: int) -> None:
        for number in range(times):
            counted.wrong(address, f"{number} {clock.now()}")
    guess("10.0.0.1", guesses.AT_ONCE)
    assert counted.wait("10.0.0.1") == guesses.APART and counted.wait("10.0.0.2") == 0
    clock.advance(guesses.APART)
    assert counted.wait("10.0.0.1") == 0
    guess("10.0.0.1", 1)
    assert counted.wait("10.0.0.1") == guesses.APART
    counted.right("10.0.0.1")
    assert counted.wait("10.0.0.1") == 0
    guess("2001:db8::1", 5)
    guess("2001:db8::ffff:2", 5)  # the same network
    assert counted.wait("2001:db8::3") == 0  # the same guesses again are none
    clock.advance(1)
    guess("2001:db8::9", 5)
    assert counted.wait("2001:db8::3") > 0 and counted.wait("2001:db8:0:1::3") == 0
    for number in range(2 * guesses.MOST_ADDRESSES):
        counted.wrong(f"10.1.{number // 256}.{number % 256}", "x")
    assert len(counted._guessers) == guesses.MOST_ADDRESSES


def test_the_policy_of_an_answer_of_its_own_is_kept() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"cache-control", b"immutable")]})
        await send({"type": "http.response.body"})
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)
    scope = {"type": "http", "method": "GET", "headers": [], "client": None, "query_string": b"", "raw_path": b"/"}
    asyncio.run(Door(app, "", print, VirtualClock())(scope, None, send))  # type: ignore[arg-type]
    assert [value for name, value in sent[0]["headers"] if name == b"cache-control"] == [b"immutable"]
