"""A camera for tests: MJPEG over HTTP on the loopback interface, that can stop, stall and come back."""

import contextlib
import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def jpeg(picture: NDArray[np.uint8]) -> bytes:
    """Return RGB `picture` as JPEG."""
    done, body = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    assert done
    return body.tobytes()


class MjpegServer:
    """Serves `frames` (JPEG bytes or RGB arrays), one after the other and again, at `fps` to whoever connects.

    `url` stays the same over stop() and start(). `served` counts the frames sent.
    """

    def __init__(self, frames: Sequence[bytes | NDArray[np.uint8]], fps: float = 30.0) -> None:
        self.frames = [f if isinstance(f, bytes) else jpeg(f) for f in frames]
        self.fps = fps
        self.served = 0
        self.port = 0
        self._flowing = threading.Event()
        self._flowing.set()
        self._stopping = threading.Event()
        self._server: ThreadingHTTPServer | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/video.mjpg"

    def start(self) -> None:
        """Begin to serve, on the same port as before."""
        camera = self
        self._stopping.clear()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                with contextlib.suppress(OSError):  # the viewer left
                    camera._stream(self.wfile)
                self.close_connection = True

            def log_message(self, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True
            block_on_close = False

        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Close every connection and refuse new ones."""
        self._stopping.set()
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def stall(self) -> None:
        """Keep connections open but send nothing more."""
        self._flowing.clear()

    def resume(self) -> None:
        """End a stall."""
        self._flowing.set()

    def _stream(self, out: Any) -> None:
        due = time.monotonic()
        at = 0
        while not self._stopping.is_set():
            if not self._flowing.wait(0.05):
                due = time.monotonic()
                continue
            body = self.frames[at % len(self.frames)]
            out.write(b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(body) + body + b"\r\n")
            out.flush()
            self.served += 1
            at += 1
            due += 1 / self.fps
            self._stopping.wait(max(0.0, due - time.monotonic()))

    def __enter__(self) -> "MjpegServer":
        return self

    def __exit__(self, *args: object) -> None:
        self.stop()
