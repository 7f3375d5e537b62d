"""The page about OSC, made of the table of addresses: `python -m bridge.osc_reference > docs/osc.md`."""

import re
from collections.abc import Iterable, Iterator

from bridge.namespace import NAMESPACE, ROOT, WEKINATOR, Address
from bridge.osc_activity import SILENT_AFTER
from bridge.osc_in import MOST_PATTERNS, MOST_REACHED
from bridge.osc_out import MAX_DATAGRAM, MOST_KNOBS
from bridge.osc_parse import DEEPEST
from bridge.osc_pattern import LONGEST
from bridge.osc_tcp import MOST_CLIENTS, STUCK_FOR
from bridge.rejections import ERRORS_PER_SECOND
from engine.parameters import LAYERS
from engine.show import OscConfig

_CONFIG = OscConfig()
_NUMBER = re.compile(r"(?<=/)\d+(?=/|$)")

_INTRODUCTION = f"""# OSC

Phonoscope listens on `{_CONFIG.listen}` (UDP), sends to `{_CONFIG.targets[0].address}`, and can be asked by TCP.
This page is made of the table of addresses in the program (`python -m bridge.osc_reference > docs/osc.md`).

```sh
oscdump 9001                                               # hear everything (liblo)
oscsend localhost 9000 /phono/param/crossfade/time f 8     # turn a knob
oscsend localhost 9000 '/phono/param/layer/*/density' f 40 # one of every layer
oscsend localhost 9000 /phono/panic                        # silence
```

## Who is sent what

```toml
[osc]
listen = "127.0.0.1:9000"        # UDP; "0.0.0.0:9000" lets the whole network in
tcp = "127.0.0.1:9000"           # off unless it is there
rate_hz = 60                     # how many times a second state leaves at most
targets = [
    "127.0.0.1:9001",            # everything below {ROOT}
    {{ address = "127.0.0.1:9010", send = ["{ROOT}/event", "{ROOT}/layer/*"] }},
    {{ address = "127.0.0.1:6448", send = ["{WEKINATOR}"] }},
]
```

`send` is a list of addresses, each with all that lies below it; OSC wildcards may stand in them. An address from which
nothing is ever sent is refused at the start, so that a slip of the pen doesn't make a silent target.

There are two kinds of traffic. *State* (knobs, features, layers, meters) is sent when it changes, at most `rate_hz`
times a second and only its newest value, and all of it again each second in small parts: who begins to listen is
complete a second later, and a lost datagram heals. While more than {MOST_KNOBS} knobs move at once, their echoes take
turns. *Events* are sent at once, each by itself, and never left out; each has a number, so that a loss shows. Bundles
are at most {MAX_DATAGRAM:,} bytes long; their time tag says "at once".

By TCP a program hears everything as well. Both framings are understood: a 32-bit length before each packet (OSC 1.0),
or SLIP (OSC 1.1). The first byte tells which, so say something first: a ping, four zeros (a packet of no bytes), or
SLIP's END (192). Up to {MOST_CLIENTS} programs can be connected. One that doesn't read gets only the newest of what
waited, and is disconnected when it takes nothing for {STUCK_FOR:g} s; what it lost is counted in
`{ROOT}/state/faces/osc_lost_out`.

## What is taken

- A knob takes one number: `i`, `f`, `h`, `d`, `T` or `F`. Values beyond its range are clamped. The echo,
  `{ROOT}/param/...`, tells every listener where the knob stands now, also when nothing changed.
- Wildcards (`?`, `*`, `[a-z]`, `[!a-z]`, `{{one,two}}`; none stands for a `/`) reach several addresses. A pattern has
  up to {LONGEST} characters; one packet may hold {MOST_PATTERNS} of them and reach {MOST_REACHED:,} addresses.
- Buttons: what asks for something to be done fires on a press and not on a release. 0, `F`, `N` and "0" are releases;
  no argument, `I`, any other number or text are presses. Where a name comes first, the button's state may follow as
  the last argument (for `{ROOT}/snapshot/recall` as `T` or `F`).
- Blobs, MIDI, colours and time tags within a message are passed over if something useful is left. A message without
  type tags is one without arguments.
- A bundle is taken whole or, if any of it isn't OSC, not at all; its messages are applied in their order and at once,
  whatever its time tag says. Bundles may be nested {DEEPEST} deep. One message that is refused doesn't stop the others.
- All else is refused, counted (`{ROOT}/state/faces/osc_rejected`) and answered, and changes nothing.

## Is the other there?

`{ROOT}/heartbeat` comes once a second. Answer it with `{ROOT}/ack` and its number; any other message does as well. Then
`{ROOT}/osc/target/1` and so on say 1 for each target that lives: one that has sent something within
{SILENT_AFTER:g} s. Of a target that has answered a heartbeat it is said once that it has fallen silent, and that it is
back. A program that sends from another port than it listens on is known by its host if that has one target only; else
it says its port: `{ROOT}/ack 17 9010`.

Whoever sends something that is refused is told at once, with `{ROOT}/error`: the address and the reason, at most
{ERRORS_PER_SECOND} times a second. To know that a wish was taken, send a ping with a number of yours behind it: when
`{ROOT}/pong` comes with that number and no `{ROOT}/error` came before, it was. Answers go to where the message came
from, and, since Pure Data and others don't listen there, to the targets that let them pass.

`{ROOT}/osc/heard` and `{ROOT}/osc/refused` show the newest message and the newest refusal, whoever sent it: lamps for
a front end. The meters `{ROOT}/state/faces/osc_...` count both directions.

## Much at once

20,000 messages a second are taken, the newest value of each knob last; `phonoscope bench flood` tells what that costs
on your machine. The system keeps what comes while the program is busy elsewhere; Linux keeps little unless it is told
to (`sysctl net.core.rmem_max=4194304`, as root), and what it threw away is counted in
`{ROOT}/state/faces/osc_lost_in`.

## Wekinator

A target that asks for `{WEKINATOR}` gets one message at the control rate while sound is analysed: {{count}} floats,
{{features}}.
Set Wekinator to that many inputs, and let a mapping listen to its outputs.
"""


def page() -> str:
    """Return the page."""
    addresses = list(NAMESPACE.values())
    inputs = NAMESPACE[WEKINATOR]
    introduction = _INTRODUCTION.replace("{count}", str(len(inputs.sends or ""))).replace(
        "{features}", inputs.doc.partition(": ")[2])
    return "\n".join([
        introduction,
        "## Addresses", "",
        "*In* and *out* are the type tags of what is taken and of what is sent; N is a number from 1.", "",
        "### Wishes", "", *_table(a for a in addresses if a.traffic == "wish"), "",
        "### Replies", "", *_table(a for a in addresses if a.traffic == "reply"), "",
        "### Events", "", "Each sends `ifff`: its number, its age in seconds, and two values.", "",
        "| address | what; its values |", "| --- | --- |",
        *(f"| `{a.path}` | {a.doc.partition(': ')[2]} |" for a in addresses if a.traffic == "event"), "",
        "### State", "", *_table(a for a in addresses if a.traffic == "state" and not _is_meter(a)),
        f"| `{ROOT}/snapshot/N`, `{ROOT}/cue/N` | | s | name of each snapshot and cue |",
        f"| `{ROOT}/osc/target/N` | | si | each target, and 1 if it lives |", "",
        "### Knobs", "",
        f"A knob's address is `{ROOT}/param/` and its name, which is also its key in the show file (with `.` for `/`).",
        f"Layers are N = 1 to {LAYERS}.", "", *_knobs(addresses), "",
        "### Meters", "",
        f"A meter's address is `{ROOT}/state/` and its name; it sends one float.", "",
        "| meter | what |", "| --- | --- |",
        *(f"| `{path.removeprefix(f'{ROOT}/state/')}` | {doc} |"
          for path, doc, _ in _numbered(a for a in addresses if _is_meter(a))), ""])


def _is_meter(address: Address) -> bool:
    return address.path.startswith(f"{ROOT}/state/")


def _table(addresses: Iterable[Address]) -> Iterator[str]:
    yield "| address | in | out | what |"
    yield "| --- | --- | --- | --- |"
    for path, doc, a in _numbered(addresses):
        unit = f", {a.unit}" if a.unit else ""
        yield f"| `{path}` | {_tags(a.takes)} | {_tags(a.sends)} | {doc}{unit} |"


def _tags(tags: str | None) -> str:
    if tags is None:
        return ""
    if len(tags) > 4 and len(set(tags)) == 1:
        return f"{len(tags)} {tags[0]}"
    return tags or "none"


def _numbered(addresses: Iterable[Address]) -> Iterator[tuple[str, str, Address]]:
    """Yield path, meaning and the address; of those that differ in a number the first, with N for it."""
    told = set()
    for address in addresses:
        path, doc = _NUMBER.sub("N", address.path), address.doc
        if path != address.path:
            doc = re.sub(rf"\b(layer|channel|output) {_NUMBER.findall(address.path)[0]}\b", r"\1 N", doc)
        if path not in told:
            told.add(path)
            yield path, doc, address


def _knobs(addresses: Iterable[Address]) -> Iterator[str]:
    yield "| knob | range | default | what |"
    yield "| --- | --- | --- | --- |"
    for path, doc, address in _numbered(a for a in addresses if a.parameter):
        if p := address.parameter:
            name = path.removeprefix(f"{ROOT}/param/")
            yield f"| `{name}` | {p.low:g} … {p.high:g} {p.unit}".rstrip() + f" | {p.default:g} | {doc} |"


if __name__ == "__main__":
    print(page(), end="")
