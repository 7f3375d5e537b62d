"""The page while the whole instrument plays: real processes, the demo camera, a recording as microphone.

It plays, unheard, on the JACK server that runs, else on one of its own without hardware, else, without jackd, on the
silent clocked device. The visitors are in another process of this machine.

upload_to_sound is from the beginning of a picture's upload to the first sample of its soundscape that is heard, with
what it takes to ask for the sound in between; upload_to_answer to what is said of the picture. first_ is of the first
picture, right after the view was opened. studio_cpu_s_per_upload is the processor time that the studio takes for one,
with all 20 s of sound, on Linux only. client_ messages are those of the stage's telemetry that a client gets in a
second; missed_ blocks of sound that came too late in a second, and conductor_cpu the part of one core that the process
takes which serves the page: without clients, with clients, while pictures are uploaded. stage_interactive is from a
browser's navigation until the stage plays and its first knob is there; without Chromium and Playwright it isn't
measured. times_limit: each as a part of what it may be: 1 s, 30 messages, 1.5 s.
"""

import argparse
import contextlib
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from engine.conductor import Conductor
    from engine.show import Show

HELP = "the page while the instrument plays: upload to sound, clients of the stage, time until it can be played"
_RATE = 48_000
_MICROPHONE = "footsteps/footsteps_snow.ogg"
_PHOTOGRAPH = 3000, 4000
_SCENES = ("beach", "forest", "rain_street", "campfire", "church", "waterfall", "railway", "cafe")
_QUALITY = 92
_UPLOAD_LIMIT_S, _MESSAGES, _STAGE_LIMIT_S = 1.0, 30.0, 1.5
_PLAYING = "sound/grains", "dream/hops", "painter/frames", "sight/frames"
_PATIENCE_S = 300.0  # the very first start compiles the kernels
_LOOK_S = 0.02
_OPENED = 5
_Result = TypeVar("_Result")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope bench page`."""
    parser.add_argument("--block", type=int, default=256, metavar="FRAMES", help="frames per block; default 256")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER",
                        help="photographs to upload; default: drawn ones of 12 megapixels")
    parser.add_argument("--uploads", type=int, default=40, metavar="N", help="how many pictures; default 40")
    parser.add_argument("--clients", type=int, default=20, metavar="N", help="clients of the stage; default 20")
    parser.add_argument("--seconds", type=float, default=10, metavar="S",
                        help="how long to watch with and without clients; default 10")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Return the figures; UserError if a player can't start or a picture can't be seen."""
    from bridge.jack import jack_server
    from bridge.turns import take_turns
    from engine.errors import UserError
    from engine.library import shipped_library
    from engine.parameters import parameter
    from engine.show import OscConfig, OscQueryConfig, PageConfig, Show, SightConfig, SoundConfig

    for name, least in (("uploads", 1), ("clients", 1), ("seconds", 1e-3)):
        if not getattr(args, name) >= least:
            raise UserError(f"--{name} {getattr(args, name):g}: expected {least:g} or more")
    pictures = _photographs(args.pictures) if args.pictures else _drawn()
    take_turns()
    library = shipped_library()
    with jack_server(args.block, _RATE) as server:
        show = Show(library=str(library), parameters={"master/gain": parameter("master/gain").low},
                    sight=SightConfig(("demo",)),
                    sound=SoundConfig("jack:system" if server else "null",
                                      str(library.parent / "sounds" / _MICROPHONE), rate=_RATE, block=args.block),
                    osc=OscConfig("127.0.0.1:0", targets=()), oscquery=OscQueryConfig("", announce=False),
                    page=PageConfig("127.0.0.1:0"))
        return {"device": server or "clocked device", **_play(show, pictures, args)}


def _play(show: "Show", pictures: list[tuple[str, bytes]], args: argparse.Namespace) -> dict[str, Any]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    from bridge.desk import Desk
    from bridge.osc_out import State
    from bridge.page.face import PageFace
    from engine.conductor import Conductor
    from engine.errors import to_stderr

    conductor = Conductor(show.to_dict(), show.parameters)
    session = conductor.session
    try:
        desk = Desk(conductor.morpher, cues=conductor.cues)
        face = PageFace(session, State(session, conductor.morpher, desk.cues), show.page, show.name, desk, to_stderr)
        try:
            conductor.start()
            face.start()
            _until(conductor, lambda: all(session.told(name) > 0 for name in _PLAYING))
            place = face.address.split("/")[2]
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as visitors:
                return _visited(conductor, visitors, place, pictures, args)
        finally:
            face.close()
    finally:
        conductor.stop()


def _visited(conductor: "Conductor", visitors: Any, place: str, pictures: list[tuple[str, bytes]],
             args: argparse.Namespace) -> dict[str, Any]:
    import statistics
    import time

    from bridge.visitors import imagine, knock, open_stage, watch

    def of(visit: Callable[..., _Result], *told: Any) -> tuple[_Result, float, float]:
        """Let visitors come; returns what they say, and missed blocks and processor time of each second meanwhile."""
        visit_of: Future[_Result] = visitors.submit(visit, *told)
        return _meanwhile(conductor, visit_of.done, visit_of.result)

    end = time.monotonic() + args.seconds
    _, missed_alone, cpu_alone = _meanwhile(conductor, lambda: time.monotonic() >= end, lambda: None)
    rates, missed_watched, cpu_watched = of(watch, place, args.clients, args.seconds)
    of(knock, place)
    (_, first), _, _ = of(imagine, place, *pictures[0])
    studio_before = _studio_cpu()
    uploads, missed, cpu = zip(*(of(imagine, place, *pictures[number % len(pictures)])
                                 for number in range(args.uploads)), strict=True)
    studio = _studio_cpu()
    opened, _, _ = of(open_stage, place, _OPENED)
    answers, sounds = zip(*uploads, strict=True)
    figures = {
        "picture_mb": round(statistics.fmean(len(picture) for _, picture in pictures) / 1e6, 2),
        "first_upload_to_sound_s": round(first, 3), **_percentiles("upload_to_answer", answers),
        **_percentiles("upload_to_sound", sounds),
        "studio_cpu_s_per_upload": round((studio - studio_before) / args.uploads, 3) if studio else None,
        "clients": args.clients,
        "client_least_per_s": round(min(rates), 2), "client_mean_per_s": round(statistics.fmean(rates), 2),
        "missed_per_s": {"alone": missed_alone, "watched": missed_watched,
                         "uploading": round(statistics.fmean(missed), 3)},
        "conductor_cpu": {"alone": cpu_alone, "watched": cpu_watched, "uploading": round(statistics.fmean(cpu), 4)},
        **(_percentiles("stage_interactive", opened) if opened else {"stage_interactive": "no browser here"})}
    figures["times_limit"] = {"upload_to_sound": round(figures["upload_to_sound_p95_s"] / _UPLOAD_LIMIT_S, 3),
                              "client_messages": round(figures["client_least_per_s"] / _MESSAGES, 3)}
    if opened:
        figures["times_limit"]["stage_interactive"] = round(figures["stage_interactive_p95_s"] / _STAGE_LIMIT_S, 3)
    return figures


def _meanwhile(conductor: "Conductor", done: Callable[[], bool],
               result: Callable[[], _Result]) -> tuple[_Result, float, float]:
    """Play until it is done; returns the result, and missed blocks and processor time of each second."""
    import time

    session = conductor.session
    missed, cpu, begun = session.told("sound/missed"), time.process_time(), time.monotonic()
    _until(conductor, done)
    lasted = time.monotonic() - begun
    return (result(), round((session.told("sound/missed") - missed) / lasted, 3),
            round((time.process_time() - cpu) / lasted, 4))


def _studio_cpu() -> float:
    """Return the processor time of the studio, which is a child of this process; 0 where the system doesn't say."""
    from bridge.studio.client import MODULE
    from bridge.timing import processor_s

    for children in Path("/proc/self/task").glob("*/children"):
        for pid in children.read_text().split():
            with contextlib.suppress(OSError):
                if MODULE.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                    return processor_s(int(pid)) or 0.0
    return 0.0


def _until(conductor: "Conductor", condition: Callable[[], bool]) -> None:
    import time

    from engine.errors import UserError

    deadline = time.monotonic() + _PATIENCE_S
    while not condition():
        conductor.poll()
        if time.monotonic() > deadline:
            raise UserError("the instrument does not play; what its players say is above")
        time.sleep(_LOOK_S)


def _percentiles(name: str, seconds: Any) -> dict[str, float]:
    import numpy as np

    return {f"{name}_p{percent}_s": round(float(np.percentile(seconds, percent)), 3) for percent in (50, 95)}


def _photographs(folder: Path) -> list[tuple[str, bytes]]:
    from engine.errors import UserError
    from engine.sight.pictures import SUFFIXES

    try:
        files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES)
        if not files:
            raise UserError(f"--pictures {folder}: holds no picture")
        return [(file.name, file.read_bytes()) for file in files]
    except OSError as error:
        raise UserError(f"--pictures {folder}: {error.strerror}") from None


def _drawn() -> list[tuple[str, bytes]]:
    """Return pictures of the demo camera's scenes, with the noise, and so the size, of a telephone's photographs."""
    import cv2
    import numpy as np

    from engine.sight.demo import render_scene

    noise = np.random.default_rng(0).integers(0, 12, (*_PHOTOGRAPH, 1), np.uint8)
    pictures = []
    for name in _SCENES:
        large = cv2.resize(render_scene(name, 1.0), _PHOTOGRAPH[::-1], interpolation=cv2.INTER_CUBIC)
        noisy = np.maximum(large, 12) - noise
        pictures.append((f"{name}.jpg", cv2.imencode(".jpg", noisy[:, :, ::-1],
                                                     [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()))
    return pictures
