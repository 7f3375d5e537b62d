"""The OSCQuery server of a whole instrument: other programs find it, and find it again when it was killed."""

import sys
import threading
from pathlib import Path

import pytest
from zeroconf import IPVersion, ServiceBrowser, ServiceInfo, ServiceStateChange, Zeroconf

from bridge.oscquery.announce import Announcer
from engine.parameters import PARAMETERS
from engine.shared import Session
from tests.instrument import DEVICES, playing
from tests.oscquery import serving
from tests.oscquery_client import Listening, OscQueryClient, until
from tests.servers import free_port

GAIN = "/phono/param/master/gain"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /dev/shm and sends signals")
def test_a_client_survives_that_the_instrument_is_killed_and_started_again(tmp_path: Path) -> None:
    port = free_port()
    show = f'[oscquery]\nlisten = "127.0.0.1:{port}"\nannounce = false\n[snapshots.night.master]\ngain = -20\n'
    listening = Listening(port, [GAIN, "/phono/snapshot/1", "/phono/heartbeat"])
    client = OscQueryClient(port)
    trees = []
    try:
        for n in (1, 2):
            with playing(tmp_path, *DEVICES, show=show) as instrument:
                instrument.wait(lambda n=n: listening.connections == n, "the client to be connected")
                instrument.wait(lambda: listening.newest("/phono/snapshot/1") == ("night",), "a name")
                instrument.wait(lambda: listening.newest("/phono/heartbeat"), "a sign of life")
                trees.append({path: node.get("TYPE") for path, node in client.tree().items()})
                client.send(GAIN, -10.0 * n)
                instrument.wait(lambda n=n: listening.newest(GAIN) == (-10.0 * n,), "the knob")
                listening.heard.clear()
                if n == 1:
                    instrument.process.kill()
                    instrument.process.wait()
                else:
                    assert instrument.end() == 0
    finally:
        listening.close()
    assert trees[0] == trees[1]
    assert len(trees[0]) > len(PARAMETERS)


def test_programs_on_this_machine_find_it_without_an_address(session: Session) -> None:
    found: dict[str, tuple[list[str], int]] = {}
    added = threading.Event()
    try:
        browser = Zeroconf(["127.0.0.1"], ip_version=IPVersion.V4Only)
    except OSError as error:
        pytest.skip(f"no multicast here: {error}")

    def change(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        if state_change is ServiceStateChange.Added and (info := zeroconf.get_service_info(service_type, name, 3000)):
            found[name] = info.parsed_addresses(), info.port or 0
            added.set()

    try:
        with serving(session, announce=True) as served:
            ServiceBrowser(browser, "_oscjson._tcp.local.", handlers=[change])
            assert added.wait(20)
            assert (["127.0.0.1"], served.port) in found.values()
    finally:
        browser.close()


def test_what_only_this_machine_reaches_is_announced_to_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    interfaces: list[object] = []
    announced = threading.Event()

    class Announcing:
        def __init__(self, interfaces_: object, **options: object) -> None:
            interfaces.append(interfaces_)

        def register_service(self, info: ServiceInfo, allow_name_change: bool) -> None:
            announced.set()

        def close(self) -> None:
            pass

    monkeypatch.setattr("bridge.oscquery.announce.Zeroconf", Announcing)
    announcer = Announcer("Test", "localhost", 9002, 9000, print)
    announcer.start()
    assert announced.wait(30)
    announcer.close()
    assert interfaces == [["127.0.0.1"]]


def test_where_nothing_can_be_announced_it_is_said_once() -> None:
    said: list[str] = []
    announcer = Announcer("Test", "192.0.2.1", 9002, 9000, said.append)  # not an address of this machine
    announcer.start()
    until(lambda: said, "a line")
    announcer.close()
    assert len(said) == 1 and "by hand" in said[0]
