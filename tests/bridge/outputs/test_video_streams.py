"""H.264 over the network, to programs that are not ours; servers that are not there, leave, or stand still."""

import contextlib
import io
import itertools
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from bridge.outputs import carrier
from bridge.outputs.destination import destination
from bridge.outputs.stream import Stream, open_output
from bridge.panel import panel
from bridge.report import report
from engine.clock import VirtualClock
from engine.errors import UserError
from engine.player import TRY_AGAIN
from engine.shared import Session
from engine.show import OutputConfig, Show
from tests.outputs import sending
from tests.servers import free_port
from tests.video import Receiver, ffmpeg, film, plain, wait

RED, GREEN, BLUE = plain(230, 30, 20), plain(20, 200, 40), plain(30, 40, 220)
SYSTEM_PYTHON = "/usr/bin/python3"
PROBE = """
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gst, GstRtspServer
Gst.init(None)
assert Gst.ElementFactory.find("avdec_h264") and Gst.ElementFactory.find("rtph264depay")
"""
RTSP_SERVER = Path(__file__).parents[2] / "rtsp_server.py"


@contextlib.contextmanager
def streaming(target: str, rate: float = 30) -> Iterator[Stream]:
    output = open_output(target, rate)
    try:
        yield output
    finally:
        output.close()


def test_datagrams_are_seen_in_their_colours() -> None:
    url = f"udp://127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
    with ffmpeg(url) as receiver, streaming(url) as output:
        for colour in (RED, GREEN, BLUE):
            wait(lambda colour=colour: receiver.sees(colour), f"{colour[0, 0]}", film(output, colour))
        assert output.receivers() == 1


def test_who_joins_late_sees_something_and_another_size_is_no_end() -> None:
    url = f"udp://127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
    with streaming(url) as output:
        wait(output.receivers, "the first picture", film(output, RED[:47, :63]))
        with ffmpeg(url) as receiver:
            wait(lambda: receiver.sees(RED), "red of an odd size", film(output, RED[:47, :63]))
            larger = plain(*GREEN[0, 0], 120, 160)
            wait(lambda: receiver.sees(GREEN), "green of another size", film(output, larger))
            wait(lambda: receiver.sees(BLUE), "blue of the first size", film(output, BLUE))


def test_encoding_takes_the_newest_and_says_what_it_missed() -> None:
    url = f"udp://127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
    noise = np.random.default_rng(0).integers(0, 256, (512, 512, 3), dtype=np.uint8)
    with ffmpeg(url) as receiver, streaming(url) as output:
        wait(output.receivers, "the first picture", film(output, noise))
        longest = 0.0
        for _ in range(100):
            begun = time.perf_counter()
            output.send(noise, time.monotonic())
            longest = max(longest, time.perf_counter() - begun)
        assert output.missed() > 10
        assert longest < 0.5  # as long as a busy machine may take for nothing
        wait(lambda: receiver.sees(GREEN), "the newest", film(output, plain(*GREEN[0, 0], 512, 512)))


def test_a_media_server_of_another_make_takes_a_push_by_rtsp() -> None:
    if not Path(SYSTEM_PYTHON).exists() or subprocess.run([SYSTEM_PYTHON, "-c", PROBE], capture_output=True).returncode:
        pytest.skip("GStreamer's RTSP server is not installed (gir1.2-gst-rtsp-server-1.0, python3-gi, "
                    "gstreamer1.0-plugins-good, gstreamer1.0-libav)")
    port = free_port()
    server = Receiver([SYSTEM_PYTHON, str(RTSP_SERVER), str(port)])
    try:
        wait(lambda: is_open(port), "the server")
        with streaming(f"rtsp://127.0.0.1:{port}/live") as output:
            for colour in (RED, GREEN):
                wait(lambda colour=colour: server.sees(colour), f"{colour[0, 0]}", film(output, colour))
            assert output.receivers() == 1
            server.process.kill()
            with pytest.raises(OSError, match=f"stream: rtsp://127.0.0.1:{port}: "):
                wait(lambda: False, "the loss", film(output, RED))
    finally:
        server.close()


def test_rtmp_is_received() -> None:
    url = f"rtmp://127.0.0.1:{free_port()}/live/secret"
    with ffmpeg(url, "-listen", "1", "-probesize", "1000000") as receiver:
        wait(lambda: is_open_for(receiver), "the server")
        with streaming(url) as output:
            wait(lambda: receiver.sees(BLUE), "blue", film(output, BLUE))


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def is_open_for(receiver: Receiver) -> bool:
    """Whether the program listens by TCP; it can't be asked itself, because it takes the first that connects."""
    owned = {os.readlink(link) for link in Path(f"/proc/{receiver.process.pid}/fd").iterdir() if link.exists()
             or link.is_symlink()}
    table = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return any(f"socket:[{line.split()[9]}]" in owned and line.split()[3] == "0A" for line in table)


def test_an_absent_server_is_said_once_and_found_when_it_comes() -> None:
    port = free_port()
    with sending(OutputConfig("stream", f"rtsp://me:secret@127.0.0.1:{port}/live")) as outputs:
        outputs.wait(lambda: outputs.said, "a word about the server", RED)
        with ffmpeg(f"rtsp://127.0.0.1:{port}/live", "-rtsp_flags", "listen") as receiver:
            outputs.wait(lambda: receiver.sees(GREEN), "green", GREEN)
            outputs.wait(lambda: outputs.told(1, "receivers") == 1, "the figure")
            outputs.wait(lambda: len(outputs.said) > 1, "better news", GREEN)
        outputs.wait(lambda: not outputs.told(1, "receivers"), "the loss", RED)
        assert outputs.said[:2] == [
            f"output/1: stream: rtsp://127.0.0.1:{port}: Connection refused; it is tried again",
            "output/1: stream is there now"]
        assert "secret" not in "".join(outputs.said) and outputs.told(1, "restarts") == 0


def test_srt_calls_a_receiver_with_a_passphrase_that_no_command_line_shows() -> None:
    url, secret = f"srt://127.0.0.1:{free_port(socket.SOCK_DGRAM)}", "passphrase=a#b+c=0123456789"
    with ffmpeg(f"{url}?mode=listener&{secret}") as receiver, streaming(f"{url}?{secret}&streamid=mine") as output:
        wait(lambda: receiver.sees(RED), "red", film(output, RED))
        carriers = subprocess.run(["pgrep", "-a", "-P", str(os.getpid()), "ffmpeg"], capture_output=True, text=True)
        assert [line for line in carriers.stdout.splitlines() if "pipe:0" in line and "0123456789" not in line]


def test_srt_waits_for_receivers_one_after_another() -> None:
    url = f"srt://127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
    with streaming(f"{url}?mode=listener") as output:
        for colour in (RED, GREEN):
            with ffmpeg(f"{url}?mode=caller") as receiver:
                wait(lambda receiver=receiver, colour=colour: receiver.sees(colour), "a colour", film(output, colour))
                assert output.receivers() == 1
            wait(lambda: output.receivers() == 0, "the loss", film(output, colour))


def test_srt_that_nobody_answers_says_so_without_the_passphrase() -> None:
    url = f"srt://127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
    with streaming(f"{url}?passphrase=0123456789secret&connect_timeout=300") as output:
        with pytest.raises(OSError, match=f"stream: {url}: ") as error:
            wait(lambda: False, "the refusal", film(output, RED))
        assert "secret" not in str(error.value)


def test_srt_without_ffmpeg_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    carrier._protocols.cache_clear()
    try:
        with pytest.raises(UserError, match="install it"):
            open_output("srt://127.0.0.1:9710", 30)
    finally:
        carrier._protocols.cache_clear()


def test_a_server_that_stands_still_holds_nobody_and_ends_the_process_at_last() -> None:
    url = f"rtmp://127.0.0.1:{free_port()}/live/key"
    noise = np.random.default_rng(0).integers(0, 256, (512, 512, 3), dtype=np.uint8)
    clock = VirtualClock()
    with ffmpeg(url, "-listen", "1") as receiver:
        wait(lambda: is_open_for(receiver), "the server")
        output = Stream(destination(url), 30, clock)
        output.send(noise, 0.0)
        wait(output.receivers, "the first picture")
        receiver.process.send_signal(signal.SIGSTOP)
        seconds, replaced = itertools.count(1.0), 0

        def send() -> None:
            nonlocal replaced
            before = output.missed()
            output.send(noise, next(seconds))
            replaced = replaced + 1 if output.missed() > before else 0

        wait(lambda: replaced > 75, "all buffers to be full, so that nothing is taken for a second and a half", send)
        clock.advance(9)
        with pytest.raises(OSError, match="has taken nothing for 8 s"):
            send()
        with pytest.raises(SystemExit) as ended:
            output.close()
        assert ended.value.code == TRY_AGAIN
        receiver.process.kill()


def test_a_killed_output_leaves_no_carrier_behind() -> None:
    url = f"srt://127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
    with ffmpeg(f"{url}?mode=listener") as receiver, sending(OutputConfig("stream", url)) as outputs:
        outputs.wait(lambda: receiver.sees(RED), "red", RED)
        child = int(subprocess.run(["pgrep", "-P", str(int(outputs.told(1, "pid"))), "ffmpeg"],
                                   capture_output=True, text=True).stdout)
        os.kill(int(outputs.told(1, "pid")), signal.SIGKILL)
        outputs.wait(lambda: not Path(f"/proc/{child}").exists(), "the carrier to end")


@pytest.mark.parametrize(("target", "said"), [
    ("", "no address"), ("127.0.0.1:9710", "no address"), ("http://127.0.0.1/", "no address"),
    ("rtsp://", "no address"), ("file:///etc/passwd", "no address"), ("udp://127.0.0.1", "no port"),
    ("srt://127.0.0.1", "no port"),
    ("rtsp://127.0.0.1:99999/x", "a port that is none"), ("rtsp://[::1/x", "a host or a port that is none")])
def test_an_address_that_makes_no_sense_is_refused(target: str, said: str) -> None:
    with pytest.raises(UserError, match=f"{said}.* expected one"):
        open_output(target, 30)


def test_what_a_person_reads_has_neither_password_nor_key() -> None:
    assert destination("rtmp://live.example/app/secret").name == "rtmp://live.example"
    assert destination("rtsp://me:secret@[::1]:8554/x").name == "rtsp://[::1]:8554"
    assert destination("srt://:9710?mode=listener").listens
    for target in ("rtmp:/live.example/app/secret", "rtsp://me:sec/ret@host/x", "rtsp://me:secret@host:99999/x"):
        with pytest.raises(UserError) as error:
            destination(target)
        assert "sec" not in str(error.value)


def test_neither_terminal_nor_report_shows_passwords_and_keys() -> None:
    outputs = tuple(OutputConfig("stream", target) for target in (
        "rtmp://live.example/app/secret", "rtsp://me:secret@host/x", "srt://h:1?passphrase=secret", "secret"))
    session = Session.create(Show(outputs=outputs).to_dict())
    try:
        console = Console(width=200, file=io.StringIO())
        console.print(panel(session))
        reported = report(session)["outputs"]
    finally:
        session.close()
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "dream by stream rtmp://live.example" in shown and "secret" not in shown
    assert [one["target"] for one in reported] == ["rtmp://live.example", "rtsp://host", "srt://h:1", ""]
