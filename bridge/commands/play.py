"""Play: camera and microphone in, soundscape and OSC out, until Ctrl-C.

CAMERA is a number, a name or part of one, a video file, a folder of pictures, an http or rtsp address, or "demo";
panorama:CAMERA is one whose pictures are equirectangular panoramas, and CAMERA@DEGREES says where it looks (0 is ahead,
90 left). Given several times, cameras that don't say where they look are spread evenly around.
MIC and SPEAKERS are [HOST:]NAME, where NAME is part of a device's name and HOST a host API ("jack:", "alsa:pulse"),
or "null", or a sound file. `phonoscope devices` lists what there is. Without options the show file's choice counts,
and without a show file the system's default devices.
OUTPUT is KIND, KIND:TARGET or, for the camera's picture instead of the dream, KIND@camera:TARGET, such as
jitter:127.0.0.1:7474 or file:evening.mp4; docs/outputs.md tells the kinds and what their targets are.
"""

import argparse
import json
import signal
import sys
import time
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import UserError, to_stderr
from engine.sight.views import views_of, written

if TYPE_CHECKING:
    from bridge.faces import Faces
    from engine.conductor import Conductor
    from engine.show import Show

HELP = "play: camera and microphone in, soundscape and OSC out"
_TICK = 0.02
_DRAW = 0.1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope play`."""
    parser.add_argument("show", nargs="?", type=Path, metavar="SHOW", help="show file (TOML)")
    parser.add_argument("--camera", action="append", help="what to see; again for several cameras")
    parser.add_argument("--mic", help="what to hear")
    parser.add_argument("--speakers", help="where to play")
    parser.add_argument("--layout", help="what the output's channels are: mono, stereo, quad, 5.1, ring8, ambisonic, "
                                         'binaural, or azimuths of loudspeakers such as "30 -30 110 -110"')
    parser.add_argument("--block", type=int, metavar="FRAMES", help="frames per audio block, 16 to 4096")
    parser.add_argument("--allow-feedback", action="store_true", default=None,
                        help="let layers play the microphone while loudspeakers play, too")
    parser.add_argument("--rate", type=int, metavar="HZ", help="sample rate")
    parser.add_argument("--record", metavar="PATH",
                        help="record all that is played: a .wav or .flac file, or a folder for files named by time")
    parser.add_argument("--eye", metavar="F", help="model file to see with")
    parser.add_argument("--library", metavar="L", help="folder made by `phonoscope index`")
    parser.add_argument("--midi", action="append", metavar="NAME",
                        help="part of the name of a MIDI controller; again for several")
    parser.add_argument("--output", action="append", help="a way by which pictures leave; again for several")
    parser.add_argument("--duration", type=float, metavar="SECONDS",
                        help="stop by itself, so many seconds after the first block of sound")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the figures of the run as JSON")


def run(args: argparse.Namespace) -> int:
    """Play until the duration is over or a signal asks to end; 0 if all went well."""
    from bridge.faces import Faces
    from bridge.mapping.file import file_of
    from bridge.report import report
    from bridge.turns import take_turns
    from engine.conductor import Conductor
    from engine.library import Library, shipped_library
    from engine.show import Show
    from engine.showfile import load_show
    from engine.snapshots import Snapshots

    show = _override(load_show(args.show) if args.show else Show(), args)
    show = replace(show, mapping=str(file_of(show, args.show)))
    library = Library.open(Path(show.library) if show.library else shipped_library())
    _check_cameras(show.sight.camera)
    if args.report:
        _check_writable(args.report)
    take_turns()
    asked_to_end: list[int] = []
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda number, frame: asked_to_end.append(number))
    said: deque[str] = deque(maxlen=5)
    face = sys.stderr.isatty()
    kept = args.show.with_suffix(".snapshots.json") if args.show else Path("phonoscope.snapshots.json")
    snapshots = Snapshots(kept, show.snapshots, said.append if face else None)
    conductor = Conductor({**show.to_dict(), "library": str(library.folder)}, show.parameters,
                          said.append if face else None, snapshots=snapshots)
    try:
        faces = Faces(conductor, show, library.classes, said.append if face else to_stderr)
        try:
            conductor.start()
            faces.start()
            _loop(conductor, faces, said if face else None, args.duration, asked_to_end)
        except UserError:
            for line in said:  # the panel that showed them is gone
                print(line, file=sys.stderr)
            raise
        finally:
            faces.close()
            figures = report(conductor.session)
    finally:
        conductor.stop()
    if args.report:
        args.report.write_text(json.dumps(figures, indent=1) + "\n")
    return 0


def _loop(conductor: "Conductor", faces: "Faces", said: deque[str] | None, duration: float | None,
          asked_to_end: list[int]) -> None:
    from rich.console import Console
    from rich.live import Live

    from bridge.keys import HINT, Keys
    from bridge.panel import panel
    from bridge.terminal import open_terminal

    session, desk = conductor.session, faces.desk
    console = Console(stderr=True)
    if said is None:
        console.print("playing; Ctrl-C ends", highlight=False)
    live = Live(console=console, auto_refresh=False, transient=False) if said is not None else None
    terminal = open_terminal()
    keys = Keys(terminal, session, desk, to_stderr if said is None else said.append) if terminal else None
    sounding_since: float | None = None
    drawn = 0.0
    if live:
        live.start()
    try:
        while not asked_to_end:
            if keys:
                keys.poll()
            conductor.poll()
            now = time.monotonic()
            if sounding_since is None and session.told("sound/blocks") > 0:
                sounding_since = now
            if duration is not None and sounding_since is not None and now - sounding_since >= duration:
                break
            if live and now - drawn >= _DRAW:
                drawn = now
                live.update(panel(session, said or (), desk.cues, HINT if keys else "", faces.page_address),
                            refresh=True)
            time.sleep(_TICK)
    finally:
        if terminal:
            terminal.close()
        if live:
            live.stop()


def _override(show: "Show", args: argparse.Namespace) -> "Show":
    from engine.show import parse_output
    from engine.telemetry import MOST_OUTPUTS

    sound = {name: value for name, value in (("input", args.mic), ("output", args.speakers), ("block", args.block),
                                             ("rate", args.rate), ("layout", args.layout),
                                             ("feedback", args.allow_feedback),
                                             ("record", args.record)) if value is not None}
    show = replace(show, sound=replace(show.sound, **sound))
    if args.camera is not None:
        show = replace(show, sight=replace(show.sight, camera=tuple(args.camera)))
    if args.eye is not None:
        show = replace(show, sight=replace(show.sight, model=args.eye))
    if args.record is not None:
        show = replace(show, parameters={**show.parameters, "master/record": 1.0})
    if args.midi is not None:
        if not all(map(str.strip, args.midi)):
            raise UserError("--midi: expected part of a controller's name; `phonoscope midi list` shows them")
        show = replace(show, midi=replace(show.midi, controllers=tuple(dict.fromkeys(args.midi))))
    if args.library is not None:
        show = replace(show, library=args.library)
    if args.output is not None:
        if len(args.output) > MOST_OUTPUTS:
            raise UserError(f"--output: expected up to {MOST_OUTPUTS}, got {len(args.output)}")
        show = replace(show, outputs=tuple(parse_output(text) for text in args.output))
    return show


def _check_cameras(cameras: tuple[str, ...]) -> None:
    """Refuse a path that leads nowhere; a device or an address may come later and is waited for."""
    views_of(cameras)
    for camera in cameras:
        source = written(camera).source
        path = Path(source)
        if len(path.parts) > 1 and "://" not in source and not source.startswith("/dev/") and not path.exists():
            raise UserError(f"camera '{source}': there is no such file or folder")


def _check_writable(path: Path) -> None:
    if not path.parent.is_dir():
        raise UserError(f"--report {path}: there is no folder {path.parent}")
