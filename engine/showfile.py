"""The show file: one TOML file that says what is played on what, and how the knobs stand.

    name = "Harbour"                    # of the show
    seed = 0                            # of everything random
    library = "sounds/library"          # folder made by `phonoscope index`; "" is the one that comes with the program
    [sound]                             # SoundConfig
    [sight]                             # SightConfig
    [dream]                             # DreamConfig
    mapping = "harbour.mapping.toml"    # file of bridge.mapping; by default SHOW.mapping.toml beside the show file
    [osc]                               # OscConfig
    [oscquery]                          # OscQueryConfig
    [page]                              # PageConfig
    [midi]                              # MidiConfig
    [tempo]                             # TempoConfig
    [[outputs]]                         # OutputConfig, once for each way that pictures leave
    [[cues]]                            # CueConfig, in the order in which they are played
    [parameters.crossfade]              # every path of engine.parameters, its segments as tables
    time = 6
    [parameters.layer."*"]              # a wildcard sets several at once
    density = 24
    [snapshots.night.reverb]            # a ready-made snapshot called "night", its keys as those of [parameters]
    time = 12

What names one parameter wins over a wildcard. Relative paths count from the show file's folder.
"""

import difflib
import functools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from engine.cues import program_of
from engine.errors import UserError
from engine.modelmanifest import SIDES
from engine.morph import LONGEST, QUANTISE
from engine.parameters import PARAMETERS, Parameter, matching
from engine.shared import DREAM_SHAPE
from engine.show import (
    BACKENDS,
    BLOCKS,
    OUTPUT_FILES,
    OUTPUT_KINDS,
    PICTURES,
    RATES,
    SEEDS,
    CueConfig,
    DreamConfig,
    MidiConfig,
    OscConfig,
    OscQueryConfig,
    OscTarget,
    OutputConfig,
    PageConfig,
    Show,
    SightConfig,
    SoundConfig,
    TempoConfig,
)
from engine.sight.views import views_of, written
from engine.snapshots import MOST, NEVER, checked_name
from engine.sound.spatial import parse_layout
from engine.tablefile import Fault, Rule, Tables, Unreadable, Wrong, between, parsed
from engine.telemetry import MOST_OUTPUTS

LARGEST = 16 << 20
"""Bytes of a show file."""
AUDIO_FILES = (".wav", ".flac")
_WILD = re.compile(r"[*?\[]")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_LAYER = re.compile(r"^layer/\d+/")


class ShowError(UserError):
    """A show file can't be used; `faults` are all that was found in it."""

    def __init__(self, path: Path, faults: list[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(f"{path}: {fault}" for fault in faults))


def load_show(path: str | Path) -> Show:
    """Read and check a show file; ShowError (a UserError) tells everything that is wrong in it at once."""
    file = Path(path)
    try:
        values = parsed(file, LARGEST)
    except Unreadable as error:
        raise ShowError(file, [Fault("", None, str(error))]) from None
    checker = _Checker(file.absolute().parent)
    show = checker.show(values)
    if checker.faults:
        raise ShowError(file, checker.faults)
    return show


class _Checker(Tables):
    """Walks through a parsed show file and collects everything that is wrong with it."""

    def show(self, values: dict[str, Any]) -> Show:
        tables: dict[str, dict[str, Rule]] = {
            "sound": {"output": self.device, "input": self.device, "backend": _one_of(BACKENDS),
                      "rate": _whole(*RATES, "Hz"), "block": _whole(*BLOCKS, "frames"), "layout": _layout,
                      "feedback": _yes_or_no, "record": self.target},
            "sight": {"camera": self.cameras, "model": self.model, "fps": between(0, 240, "frames/s"),
                      "voice": self.model},
            "dream": {"on": _yes_or_no, "model": self.model, "side": _whole(0, SIDES[1], "pixels"),
                      "width": _whole(SIDES[0], DREAM_SHAPE[1], "pixels"),
                      "height": _whole(SIDES[0], DREAM_SHAPE[0], "pixels"), "seed": _whole(*SEEDS)},
            "osc": {"listen": _address, "tcp": _address_or_none, "targets": self.targets,
                    "rate_hz": between(1, 1000, "Hz")},
            "oscquery": {"listen": _address_or_none, "announce": _yes_or_no},
            "page": {"listen": _address_or_none, "token": _text, "walk": self.path},
            "midi": {"controllers": _names},
            "tempo": {"midi_in": _text, "midi_out": _text, "link": _yes_or_no},
        }
        rules: dict[str, Rule] = {
            "name": _text, "seed": _whole(*SEEDS), "library": self.path, "snapshots": self.snapshots,
            "mapping": self.path, "outputs": self.outputs, "cues": self.cues,
            "parameters": functools.partial(self.settings, "parameters"),
            **{key: functools.partial(self.table, key, rules) for key, rules in tables.items()},
        }
        found = self.table("", rules, values)
        kinds = {"sound": SoundConfig, "sight": SightConfig, "dream": DreamConfig, "osc": OscConfig,
                 "oscquery": OscQueryConfig, "page": PageConfig, "midi": MidiConfig, "tempo": TempoConfig}
        return Show(**found | {key: kind(**found.get(key, {})) for key, kind in kinds.items()})

    def snapshots(self, values: Any) -> dict[str, dict[str, float]]:
        """Return the settings of each snapshot by its name."""
        if not isinstance(values, dict):
            raise Wrong("expected tables, such as [snapshots.night.reverb]")
        if len(values) > MOST:
            raise Wrong(f"expected up to {MOST} snapshots, got {len(values)}")
        found = {}
        for name, table in values.items():
            try:
                found[checked_name(name)] = self.settings(_key("snapshots", name), table, NEVER)
            except (Wrong, UserError) as wrong:
                self.fault(_key("snapshots", name), table, str(wrong))
        return found

    def settings(self, prefix: str, values: Any, never: tuple[str, ...] = ()) -> dict[str, float]:
        """Return value by parameter path of the table `prefix`, in which those of `never` can't be.

        Wildcards count first, so that what names one parameter wins over them.
        """
        if not isinstance(values, dict):
            raise Wrong(f"expected tables, such as [{prefix}.crossfade]")
        leaves = sorted(_leaves(values), key=lambda leaf: not _WILD.search(leaf[0]))
        settings: dict[str, float] = {}
        for pattern, value in leaves:
            key = _key(prefix, *pattern.split("/"))
            if not (named := matching(pattern)):
                everywhere = [p.path for p in PARAMETERS] + [_LAYER.sub("layer/*/", p.path) for p in PARAMETERS]
                nearest = _key(prefix, *_nearest(pattern, everywhere).split("/"))
                self.fault(key, value, f"there is no such parameter; the nearest is {nearest}")
                continue
            if not (named := [parameter for parameter in named if parameter.path not in never]):
                self.fault(key, value, "is never part of a snapshot")
                continue
            try:
                for parameter in named:
                    settings[parameter.path] = _setting(parameter)(value)
            except Wrong as wrong:
                self.fault(key, value, str(wrong))
        return settings

    def targets(self, values: Any) -> tuple[OscTarget, ...]:
        """Those that OSC is sent to, each an address or a table of it and of what is sent."""
        if not isinstance(values, list):
            raise Wrong('expected a list of "host:port", such as ["127.0.0.1:9001"]')
        tables = [value if isinstance(value, dict) else {"address": value} for value in values]
        rules: dict[str, Rule] = {"address": _address, "send": _patterns}
        return tuple(OscTarget(**found) for found in self.entries("osc.targets", rules, tables, "address"))

    def outputs(self, values: Any) -> tuple[OutputConfig, ...]:
        """The ways by which pictures leave."""
        if isinstance(values, list) and len(values) > MOST_OUTPUTS:
            raise Wrong(f"expected up to {MOST_OUTPUTS} outputs, got {len(values)}")
        rules: dict[str, Rule] = {"kind": _one_of(OUTPUT_KINDS), "target": _text, "picture": _one_of(PICTURES),
                                  "rate": between(0.1, 240, "pictures/s")}
        return tuple(OutputConfig(**found | {"target": self.path(found.get("target", ""))})
                     if found["kind"] in OUTPUT_FILES else OutputConfig(**found)
                     for found in self.entries("outputs", rules, values, "kind"))

    def cues(self, values: Any) -> tuple[CueConfig, ...]:
        """The cues in their order."""
        rules: dict[str, Rule] = {
            "name": _filled, "snapshot": _filled, "seconds": between(0, LONGEST, "s"),
            "quantise": _one_of(("", *QUANTISE)), "library": self.path, "eye": self.model, "dream": self.model,
            "mapping": self.path, "program": _whole(0, 127)}
        cues = tuple(CueConfig(**found) for found in self.entries("cues", rules, values, "name"))
        names: set[str] = set()
        programs: dict[int, str] = {}
        for place, cue in enumerate(cues):
            if cue.name in names:
                self.fault(f"cues[{place}].name", cue.name, "expected another name than the other cues have")
            names.add(cue.name)
            program = program_of(place, cue)
            if program in programs:
                self.fault(f"cues[{place}].program", program,
                           f"expected a program that launches no other cue; this one launches '{programs[program]}'")
            elif program is not None:
                programs[program] = cue.name
        return cues

    def entries(self, name: str, rules: dict[str, Rule], values: Any, needed: str) -> list[dict[str, Any]]:
        """Return the values that passed of each table of an array; those that lack the key `needed` are left out."""
        if not isinstance(values, list):
            raise Wrong(f"expected tables, such as [[{name}]]")
        found = []
        for number, value in enumerate(values):
            place = f"{name}[{number}]"
            try:
                entry = self.table(place, rules, value)
            except Wrong as wrong:
                self.fault(place, value, str(wrong))
                continue
            if needed in entry:
                found.append(entry)
            elif needed not in value:
                self.fault(place, value, f"expected the key {needed}")
        return found

    def path(self, value: Any) -> str:
        """A file or folder, relative ones counted from the show file's folder; "" stays."""
        text = _text(value)
        return str(self.folder / _home(text)) if text else ""

    def model(self, value: Any) -> str:
        """A model file beside the show file, or the name of an added model; "" stays."""
        text = _text(value)
        return self.path(text) if (self.folder / _home(text)).exists() else text

    def device(self, value: Any) -> str:
        """An audio device, or a sound file by its suffix."""
        text = _filled(value)
        return self.path(text) if text.lower().endswith(AUDIO_FILES) else text

    def target(self, value: Any) -> str:
        """A file or folder that is written to, relative ones counted from the show file's folder."""
        return self.path(_filled(value))

    def cameras(self, value: Any) -> tuple[str, ...]:
        """A camera, or a list of several."""
        cameras = tuple(self.camera(one) for one in (value if isinstance(value, list) else [value]))
        try:
            views_of(cameras)
        except UserError as error:
            raise Wrong(str(error)) from None
        return cameras

    def camera(self, value: Any) -> str:
        """A camera, or a file or folder beside the show file."""
        prefix, source, suffix = written(_filled(value))
        if source and "://" not in source and (self.folder / _home(source)).exists():
            source = self.path(source)
        return prefix + source + suffix


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong("expected text in quotes")
    return value


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong("expected true or false")
    return value


def _filled(value: Any) -> str:
    if not _text(value).strip():
        raise Wrong("expected a name; leave the line out for the default")
    return str(value)


def _home(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise Wrong("expected the home folder of somebody who exists after ~") from None


def _one_of(options: tuple[str, ...]) -> Rule:
    def check(value: Any) -> str:
        if value not in options:
            raise Wrong("expected " + " or ".join(f'"{option}"' for option in options))
        return str(value)
    return check


def _layout(value: Any) -> str:
    try:
        parse_layout(_text(value))
    except UserError as error:
        raise Wrong(str(error).removeprefix(f"layout '{value}': ")) from None
    return str(value)


def _whole(low: int, high: int, unit: str = "") -> Rule:
    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise Wrong(f"expected a whole number from {low} to {high} {unit}".rstrip())
        return value
    return check


def _setting(parameter: Parameter) -> Rule:
    ranged = between(parameter.low, parameter.high, parameter.unit)

    def check(value: Any) -> float:
        if parameter.curve == "switch":
            if value not in (0, 1):
                raise Wrong("expected true or false (1 or 0)")
            return float(value)
        number: float = ranged(value)
        if parameter.curve == "integer" and not number.is_integer():
            raise Wrong(f"expected a whole number from {parameter.low:g} to {parameter.high:g} {parameter.unit}")
        return number
    return check


def _address(value: Any) -> str:
    host, colon, port = _text(value).strip().rpartition(":")
    if not (colon and host and not re.search(r"[\s/]", host) and port.isdecimal() and 0 < int(port) < 65536):
        raise Wrong('expected "host:port" with a port from 1 to 65535, such as "127.0.0.1:9001"')
    return f"{host}:{int(port)}"


def _address_or_none(value: Any) -> str:
    return _address(value) if value else ""


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Wrong('expected a list of names, such as ["nanoKONTROL2"]')
    names = tuple(_filled(entry) for entry in value)
    if len(set(names)) < len(names):
        raise Wrong("expected each name once")
    return names


def _patterns(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(entry, str) and entry.startswith("/") for entry in value):
        raise Wrong('expected a list of OSC addresses, such as ["/phono/event", "/phono/feature/*"]')
    return tuple(value)


def _leaves(table: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, key))
        else:
            yield "/".join((*path, key)), value


def _key(prefix: str, *parts: str) -> str:
    """A key below `prefix` as the show file writes it."""
    return ".".join((prefix, *(part if _BARE.fullmatch(part) else f'"{part}"' for part in parts)))


def _nearest(word: str, known: Iterable[str]) -> str:
    return difflib.get_close_matches(word, list(known), 1, 0)[0]
