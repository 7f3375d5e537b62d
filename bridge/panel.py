"""What the terminal shows while the instrument plays."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bridge.desk import Cues
from bridge.outputs.shown import shown
from engine.parameters import LAYERS
from engine.shared import NO_CLIP, SCENE_TOP, Session

_BLOCKS = " ▁▂▃▄▅▆▇█"
_PARTS = " ▏▎▍▌▋▊▉"
_FLOOR_DB = -72.0
_LONGEST_CUE = 20


def panel(session: Session, said: Iterable[str] = (), cues: Cues | None = None, keys: str = "",
          page: str = "") -> RenderableType:
    """Return the present state of the instrument: what it sees, plays and hears, its cues, and how it keeps up.

    said: lines for the person who plays. keys: what can be pressed, shown beside the cues. page: the address of the
    page, "" if there is none.
    """
    body = Table.grid(padding=(0, 2))
    body.add_column(style="bold cyan", justify="right")
    body.add_column()
    body.add_row("sees", _seen(session))
    body.add_row("plays", _played(session))
    body.add_row("hears", _heard(session))
    if cues and cues.names():
        body.add_row("cues", _cued(cues, keys))
    if session.get("master/record"):
        body.add_row("records", _recorded(session))
    if outputs := session.config.get("outputs"):
        body.add_row("shows", _shown(session, outputs))
    body.add_row("keeps up", _health(session))
    if page:
        body.add_row("page", Text(page, style="bold underline"))
    lines = [Text(line, style="yellow") for line in said]
    return Panel(Group(body, *lines), title="[bold]Phonoscope", subtitle="Ctrl-C ends", border_style="cyan")


def _bar(part: float, width: int = 20) -> str:
    filled = max(0.0, min(1.0, part)) * width
    whole = int(filled)
    return "█" * whole + (_PARTS[int((filled - whole) * 8)] if whole < width else "")


def _level(dbfs: float, width: int = 20) -> str:
    return _bar(1 - dbfs / _FLOOR_DB, width)


def _seen(session: Session) -> RenderableType:
    match = session.match.read()
    if match is None:
        return Text("waiting for the camera", style="dim")
    lines = Table.grid(padding=(0, 1))
    for rank in range(SCENE_TOP):
        probability = float(match["scene_p"][rank])
        lines.add_row(Text(f"{match['scene_name'][rank].decode():<28}"), f"{probability:4.0%}",
                      Text(_bar(probability), style="green"))
    return lines


def _played(session: Session) -> RenderableType:
    match = session.match.read()
    lines = Table.grid(padding=(0, 1))
    for layer in range(LAYERS):
        if match is not None and match["clip"][layer] != NO_CLIP:
            title, category = match["title"][layer].decode(), match["category"][layer].decode()
            lines.add_row(Text(f"{layer + 1} {title:<26}"), Text(f"{category:<16}"),
                          Text(_bar(float(match["weight"][layer])), style="magenta"))
    if session.get("master/panic"):
        lines.add_row(Text("PANIC: silent until master/panic is 0", style="bold red"))
    return lines if lines.row_count else Text("silence", style="dim")


def _heard(session: Session) -> RenderableType:
    features = session.features.read()
    if features is None:
        return Text("no input", style="dim")
    bands = "".join(_BLOCKS[int(np.clip((1 - band / _FLOOR_DB) * 8, 0, 8))] for band in features["bands"].tolist())
    pitch = f"{float(features['pitch']):5.0f} Hz" if features["pitch"] > 0 else "        "
    tempo = f"{float(features['tempo']):3.0f} BPM" if features["tempo"] > 0 else ""
    return Text(f"{_level(float(features['rms'])):<20} {float(features['rms']):6.1f} dBFS  [{bands}]  {pitch}  {tempo}")


def _cued(cues: Cues, keys: str) -> RenderableType:
    names, newest = cues.names(), cues.waiting or cues.current
    place = names.index(newest) if newest else -1
    line = Text(no_wrap=True, overflow="ellipsis")
    if place > 0:
        line.append(f"{_short(names[place - 1])} ← ", style="dim")
    if newest:
        line.append(_short(newest), style="yellow" if cues.waiting else "bold green")
        line.append(" waits" if cues.waiting else "", style="yellow")
    if place + 1 < len(names):
        line.append(f" → {_short(names[place + 1])}", style="dim")
    line.append(f"   {keys}", style="dim cyan")
    return line


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_CUE else f"{name[:_LONGEST_CUE - 1]}…"


def _recorded(session: Session) -> RenderableType:
    seconds, dropped = session.told("sound/recorded_s"), session.told("sound/record_dropped")
    if not seconds:
        return Text("nothing", style="bold red")
    return Text(f"{timedelta(seconds=int(seconds))}, {dropped:.0f} frames lost", style="red" if dropped else "")


def _shown(session: Session, outputs: list[dict[str, Any]]) -> RenderableType:
    """How each picture output does."""
    lines = Table.grid(padding=(0, 2))
    for number, output in enumerate(outputs, 1):
        def told(name: str, number: int = number) -> float:
            return session.told(f"output/{number}/{name}")

        what = f"{number} {output['picture']} by {output['kind']} {shown(output['kind'], output['target'])}".rstrip()
        if not told("active"):
            lines.add_row(Text(what, style="dim"), Text("off", style="dim"))
        elif not told("receivers"):
            lines.add_row(Text(what), Text("nobody receives", style="yellow"))
        else:
            lost = told("dropped") + told("missed")
            lines.add_row(Text(what), f"{told('receivers'):.0f} receiving, {told('fps'):.0f}/s, "
                                f"{told('latency_ms') + told('arrival_ms'):.1f} ms, {lost:.0f} missed")
    return lines


def _dream(session: Session) -> str:
    """How fast pictures are painted and how long after the sound they are there."""
    if not session.told("painter/frames"):
        return "none painted"
    latency = session.latency["sound_to_frame"]
    after = "" if not latency.count else (f" {latency.percentile_ms(50):.0f} ms after the sound "
                                          f"(p99 {latency.percentile_ms(99):.0f})")
    return f"{session.told('painter/fps'):.0f}/s painted{after}"


def _health(session: Session) -> RenderableType:
    told = session.told
    state = "" if told("sound/running") else "[red]no audio device[/red]  "
    camera = "" if told("sight/connected") else "[red]no picture[/red]  "
    midi = f"; MIDI {told('faces/midi_received'):.0f} in, {told('faces/midi_sent'):.0f} out"
    return Text.from_markup(
        f"{state}{camera}{told('sound/sample_rate'):.0f} Hz / {told('sound/block'):.0f} frames, "
        f"{told('sound/missed'):.0f} missed, {told('sound/flagged'):.0f} flagged, load {told('sound/cpu_load'):.0%}, "
        f"{told('sound/grains'):.0f} grains, {told('sound/loudness_short'):.0f} LUFS, peaks at "
        f"{told('sound/true_peak'):.0f} dBTP; {told('sight/fps'):.0f} pictures/s seen, {_dream(session)}; "
        f"OSC {told('faces/osc_sent'):.0f} out, {told('faces/osc_received'):.0f} in, "
        f"{told('faces/osc_rejected'):.0f} rejected"
        f"{midi if told('faces/midi_received') or told('faces/midi_sent') else ''}")
