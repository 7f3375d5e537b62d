"""Play for real and for long, on servers without hardware, and measure what was promised.

    python -m tests.soak.live_loop --data DATA --seconds 600 --hogs 2        JACK, 64 frames, two GIL hogs in SOUND
    python -m tests.soak.live_loop --data DATA --seconds 600 --hogs 2 --grains 2048     the same with so many grains
    python -m tests.soak.live_loop --data DATA --seconds 120 --faults        players killed, camera and server restarted
    python -m tests.soak.live_loop --data DATA --seconds 60 --audio pulse    PulseAudio's null sink
    python -m tests.soak.live_loop --data DATA --seconds 60 --backend pyaudio --block 256

The camera is MJPEG over HTTP made of real videos and photographs with a cut every three seconds; on JACK the
microphone hears a real recording with claps; liblo's oscdump receives. PAINTER paints --dream-rate pictures a second
with the shipped model or --dream FILE, at --dream-side of it. DATA holds `camera/*.mp4`, `scenes/*/*.jpg`
and `loops/*/*.ogg`. Prints one JSON object.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from engine.shared import Session
from engine.telemetry import PLAYERS
from tests.instrument import COUNTERS
from tests.mjpeg import MjpegServer

FPS = 30
SHOT_S = 3
GRAINY_LAYERS = 8


def grainy(grains: int) -> str:
    """Return the part of a show file that asks for so many grains at once."""
    duration = 0.25
    return (f'[parameters.match]\nlayers = {GRAINY_LAYERS}\ndiversity = false\n[parameters.layer."*"]\n'
            f"duration = {1e3 * duration}\ndensity = {grains / GRAINY_LAYERS / duration}\n")


def frames(data: Path) -> list[bytes]:
    """Return JPEGs 640x360: shots of SHOT_S seconds, moving pictures and photographs in turn."""
    shots: list[list[np.ndarray]] = []
    for video in sorted((data / "camera").glob("*.mp4")):
        capture, shot = cv2.VideoCapture(str(video)), []
        while len(shot) < 2 * SHOT_S * FPS:
            good, frame = capture.read()
            if not good:
                break
            shot.append(cv2.resize(frame, (640, 360)))
        shots += [shot[:SHOT_S * FPS], shot[SHOT_S * FPS:]]
    photographs = [sorted(folder.glob("*.jpg"))[0] for folder in sorted((data / "scenes").iterdir()) if folder.is_dir()]
    stills = [[cv2.resize(cv2.imread(str(path)), (640, 360))] * (SHOT_S * FPS) for path in photographs]
    order = [shot for pair in zip(stills, (shots * 9)[:len(stills)], strict=True) for shot in pair if shot]
    encoded: dict[int, bytes] = {}
    return [encoded.setdefault(id(frame), cv2.imencode(".jpg", frame)[1].tobytes()) for shot in order for frame in shot]


class Jack:
    """A real-time JACK server without hardware; can be stopped and started."""

    def __init__(self, block: int) -> None:
        self.name, self.block = f"soak{os.getpid()}", block
        self.xruns = 0
        os.environ["JACK_DEFAULT_SERVER"] = self.name
        os.environ["JACK_NO_START_SERVER"] = "1"
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["jackd", "-n", self.name, "-R", "-P60", "-d", "dummy", "-r", "48000", "-p", str(self.block)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        threading.Thread(target=self._count, args=(self.process,), daemon=True).start()
        subprocess.run(["jack_wait", "-s", self.name, "-w", "-t", "5"], stdout=subprocess.DEVNULL, check=False)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(5)

    def _count(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            self.xruns += "xrun" in line.lower()


@contextlib.contextmanager
def pulse() -> Iterator[None]:
    """A PulseAudio server with a null sink, whose monitor is the microphone."""
    with tempfile.TemporaryDirectory() as home:
        for name in ("pulse", "xdg", "home"):
            (Path(home) / name).mkdir(mode=0o700)
        os.environ |= {"PULSE_RUNTIME_PATH": f"{home}/pulse", "XDG_RUNTIME_DIR": f"{home}/xdg",
                       "PULSE_SERVER": f"unix:{home}/pulse/native"}
        server = subprocess.Popen(
            ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1",
             "-L", f"module-native-protocol-unix socket={home}/pulse/native",
             "-L", "module-null-sink sink_name=null rate=48000 channels=2"], env={**os.environ, "HOME": f"{home}/home"},
            stderr=subprocess.DEVNULL)
        try:
            wait(lambda: subprocess.run(["pactl", "set-default-source", "null.monitor"], stderr=subprocess.DEVNULL,
                                        check=False).returncode == 0, 10)
            subprocess.run(["pactl", "set-default-sink", "null"], check=True)
            yield
        finally:
            server.terminate()
            server.wait(5)


def wait(condition: Callable[[], bool], seconds: float) -> float:
    """Return how long `condition` took to become true; infinity if it did not in `seconds`."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > seconds:
            return float("inf")
        time.sleep(0.005)
    return time.monotonic() - begun


class Lines:
    """The lines that a program prints, each with its time of arrival."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.lines: list[tuple[float, str]] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.lines.append((time.monotonic(), line))

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(5)


def faults(session: Session, camera: MjpegServer, jack: Jack | None, show_pid: int) -> dict[str, Any]:
    """Kill each player, restart the camera's server and the audio server; say how long each was away."""
    found: dict[str, Any] = {}
    for player, counter in COUNTERS.items():
        time.sleep(4)
        missed, flagged, knob = session.told("sound/missed"), session.told("sound/flagged"), session.get("master/gain")
        others = {name: session.told(f"{name}/pid") for name in PLAYERS if name != player}
        pid, at = int(session.told(f"{player}/pid")), session.told(counter)
        os.kill(pid, signal.SIGKILL)
        # The dead process may have counted on until the signal reached it.
        away = wait(lambda pid=pid, player=player: session.told(f"{player}/pid") not in (0, pid), 10)
        at = max(at, session.told(counter))
        away += wait(lambda at=at, counter=counter: session.told(counter) > at, 10)
        time.sleep(1)
        found[f"kill_{player}"] = {
            "back_s": round(away, 3), "missed_blocks": session.told("sound/missed") - missed,
            "flagged_blocks": session.told("sound/flagged") - flagged, "knob_kept": session.get("master/gain") == knob,
            "others_untouched": all(session.told(f"{name}/pid") == pid for name, pid in others.items())}
    camera.stop()
    wait(lambda: not session.told("sight/connected"), 5)
    held = session.match.read()
    time.sleep(2)
    now = session.match.read()
    at = session.told("sight/frames")
    begun = time.monotonic()
    camera.start()
    wait(lambda: session.told("sight/frames") > at, 10)
    found["camera_server_restarted"] = {
        "back_s": round(time.monotonic() - begun, 3),
        "match_held": bool((held["clip"] == now["clip"]).all()) if held is not None and now is not None else None}
    if jack:
        jack.stop()
        wait(lambda: not session.told("sound/running"), 5)
        time.sleep(2)
        blocks = session.told("sound/blocks")
        begun = time.monotonic()
        jack.start()
        wait(lambda: session.told("sound/blocks") > blocks + 10, 15)
        found["jack_server_restarted"] = {
            "back_s": round(time.monotonic() - begun, 3),
            "play_untouched": Path(f"/proc/{show_pid}").exists()}
    return found


def answer_times(claps: list[float], onsets: list[float]) -> dict[str, Any]:
    """Return how long after each clap the datagram of an onset arrived."""
    arrived = np.array(sorted(onsets))
    delays = []
    for clap in claps:
        later = arrived[(arrived > clap - 0.005) & (arrived < clap + 0.25)]
        if len(later):
            delays.append(1e3 * (later[0] - clap))
    return {"claps": len(claps), "answered": len(delays), "onsets": len(arrived),
            "p50": round(float(np.percentile(delays, 50)), 2) if delays else None,
            "p99": round(float(np.percentile(delays, 99)), 2) if delays else None,
            "max": round(max(delays), 2) if delays else None}


def main() -> int:
    """Run one soak and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--audio", choices=("jack", "pulse"), default="jack")
    parser.add_argument("--backend", choices=("sounddevice", "pyaudio"), default="sounddevice")
    parser.add_argument("--block", type=int, default=64)
    parser.add_argument("--hogs", type=int, default=0)
    parser.add_argument("--grains", type=int, help=f"this many grains at once, on {GRAINY_LAYERS} layers")
    parser.add_argument("--dream", default="", help="model file to dream with")
    parser.add_argument("--dream-side", type=int, default=0)
    parser.add_argument("--dream-rate", type=float, default=60)
    parser.add_argument("--faults", action="store_true")
    args = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        jack = None
        if args.audio == "jack":
            jack = Jack(args.block)
            stack.callback(jack.stop)
        else:
            stack.enter_context(pulse())
        camera = stack.enter_context(MjpegServer(frames(args.data), FPS))
        port = 9400 + os.getpid() % 500
        dump = Lines(["stdbuf", "-oL", "oscdump", "-L", str(port)])
        stack.callback(dump.stop)
        device = "jack:system" if args.audio == "jack" else "alsa:pulse"
        (folder / "show.toml").write_text(
            f'[sound]\noutput = "{device}"\ninput = "{device}"\nblock = {args.block}\nbackend = "{args.backend}"\n'
            f'[sight]\ncamera = "{camera.url}"\n'
            f'[osc]\nlisten = "127.0.0.1:{port + 500}"\ntargets = ["127.0.0.1:{port}"]\n'
            f'[dream]\nmodel = "{args.dream}"\nside = {args.dream_side}\n'
            f"[parameters.dream]\nrate = {args.dream_rate}\n[parameters.master]\ngain = -3\n"
            + (grainy(args.grains) if args.grains else ""))
        phonoscope = shutil.which("phonoscope", path=str(Path(sys.executable).parent)) or "phonoscope"
        play = subprocess.Popen(
            [phonoscope, "play", str(folder / "show.toml"), "--duration", str(args.seconds), "--report",
             str(folder / "report.json")], env={**os.environ, "PHONOSCOPE_GIL_HOGS": str(args.hogs)})
        stack.callback(play.kill)
        begun = time.monotonic()
        pattern = f"phonoscope-{play.pid}-*/config.json"
        wait(lambda: any(Path("/dev/shm").glob(pattern)), 30)
        session_folder = next(Path("/dev/shm").glob(pattern)).parent
        session = Session.attach(session_folder)
        first_sound = wait(lambda: session.told("sound/blocks") > 0, 120)
        musician = None
        if jack:
            loop = next((args.data / "loops" / "church").glob("*.ogg"))
            musician = Lines([sys.executable, "-m", "tests.soak.musician", str(loop)])
            stack.callback(musician.stop)
        found = faults(session, camera, jack, play.pid) if args.faults else {}
        sounding = []
        ends = time.monotonic() + args.seconds + 60
        while play.poll() is None and time.monotonic() < ends:
            sounding.append(session.told("sound/grains"))
            time.sleep(0.25)
        status = play.wait(1)
        result = {
            "seconds": round(time.monotonic() - begun, 1), "first_sound_s": round(first_sound, 2),
            "exit_status": status,
            "report": json.loads((folder / "report.json").read_text()),
            "server_xruns": jack.xruns if jack else None,
            "grains": {"p50": float(np.median(sounding)), "max": max(sounding),
                       "degraded": session.told("sound/degraded"), "refused": session.told("sound/refused")},
            "oscdump_lines": len(dump.lines),
            "shared_memory_left": session_folder.exists(),
            **({"clap_to_oscdump_ms": answer_times(
                [float(line) for _, line in musician.lines],
                [when for when, line in dump.lines if "/phono/event/onset" in line])} if musician else {}),
            **found,
        }
    print(json.dumps(result, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
