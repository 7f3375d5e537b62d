"""The page's HTTP interface is what its OpenAPI document says, and nothing that one asks breaks it."""

import http.client
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.routing import Mount, Route

from bridge.page.app import page_app
from bridge.page.openapi import document
from engine.shared import Session
from tests.bridge.test_stage_page import Stage
from tests.page_fuzz import fuzz


@pytest.fixture
def stage(session: Session) -> Iterator[Stage]:
    session.reconfigure({"dream": {"on": True}})
    stage = Stage(session)
    yield stage
    stage.face.close()


def test_the_document_names_every_route_and_no_other(session: Session) -> None:
    session.reconfigure({"dream": {"on": True}})
    hub: Any = SimpleNamespace(talk=lambda socket: None)
    app: Any = page_app(session, hub, "Harbour", "", "", print, print)
    described = {(method.upper(), path) for path, methods in document("Harbour")["paths"].items() for method in methods}
    routes = {(method, route.path_format) for route in app._app.routes if isinstance(route, Route)
              for method in (route.methods or {"GET"}) - {"HEAD"}}
    mounts = [route.path for route in app._app.routes if isinstance(route, Mount)]
    assert routes <= described
    for method, path in described - routes:
        assert method == "GET" and any(path.startswith(f"{mount}/") for mount in mounts), path


def test_whatever_is_asked_is_answered_as_described(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    fuzzed = fuzz(stage.face.address, 3, 7)
    assert fuzzed.failures == []
    assert fuzzed.asked > 60 and {200, 404, 409, 422} <= set(fuzzed.statuses)
    assert [record for record in caplog.records if record.name.startswith("phonoscope")] == []


def test_numbers_without_end_are_no_fault(stage: Stage) -> None:
    for path in ("/library/clip/" + "9" * 6000 + ".json", "/dream/pictures?seed=" + "9" * 6000,
                 "/imagine/sound.wav?seconds=1e999&picks=0:1&library=x", "/dream/pictures?gain=nan&fps=inf"):
        connection = http.client.HTTPConnection(stage.place, timeout=60)
        connection.request("POST" if "pictures" in path else "GET", path)
        answer = connection.getresponse()
        assert 400 <= answer.status < 500, (path[:50], answer.status, answer.read())
        connection.close()
