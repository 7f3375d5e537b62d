"""Builds the component `phonoscope` in TouchDesigner: OSC in and out, every knob as a parameter, events, the picture.

Run it in a Text DAT (right click, Run Script) or in the textport:
exec(open("phonoscope_builder.py").read()). Run it again after an update of Phonoscope: it changes only what it made,
inside the component, and keeps values, wires and what you wrote into `your_events`.
"""

from typing import Any

import td

# generated: begin
LISTEN = 9001
HOST = "127.0.0.1"
PORT = 9000
FRAMES = ""
KNOBS: Any = ()
WISHES: Any = ()
LINK = ""
# generated: end

PICTURES = (("file", "File in memory"), ("ndi", "NDI"), ("syphonspout", "Syphon or Spout"),
            ("stream", "RTSP or SRT stream"), ("sharedmem", "Shared memory (Windows, Commercial or Pro)"))

OSC_IN = '''# Replaced by phonoscope_builder.py; your own code belongs into your_events.


def onReceiveOSC(dat, rowIndex, message, byteData, timeStamp, address, args, peer):
    comp = dat.parent()
    comp.op('link').module.hear(comp, address, args)
'''
KNOBS_TURNED = '''# Replaced by phonoscope_builder.py; your own code belongs into your_events.


def onValueChange(par, prev):
    par.owner.op('link').module.turned(par.owner, par)


def onPulse(par):
    par.owner.op('link').module.pulsed(par.owner, par)
'''
FRAMES_COOK = '''# Replaced by phonoscope_builder.py; your own code belongs into your_events.
import td


def onCook(scriptOp):
    td.absTime.frame  # whoever reads it is cooked each frame
    comp = scriptOp.parent()
    comp.op('link').module.cook(scriptOp, comp)
'''
YOUR_EVENTS = '''# Yours: phonoscope_builder.py never changes it.


def onEvent(comp, event, number, age, a, b):
    """Called for each event, for instance 'onset': its number, how many seconds ago it was, two values.

    The table `events` explains itself; docs/osc.md says what the values of each event are.
    """
    return
'''


def build(parent: Any) -> Any:
    """Make or renew the component `phonoscope` inside `parent`; return it."""
    comp = parent.op("phonoscope") or parent.create(td.baseCOMP, "phonoscope")
    knobs = comp.op("knobs")
    if knobs:
        knobs.par.active = False
    connection(comp)
    names = [name for knob in KNOBS for name in add_knob(comp, *knob)]
    names += [name for wish in WISHES for name in add_wish(comp, *wish)]
    for stale in set(comp.fetch("made", [], search=False)) - set(names):
        getattr(comp.par, stale).destroy()
    comp.store("made", names)
    osc(comp)
    picture(comp)
    # The last, so that nothing which is set up above is taken for a turn of a knob.
    knobs = operator(comp, "parameterexecuteDAT", "knobs", -600, -200)
    knobs.text = KNOBS_TURNED
    settings(knobs, op="..", pars="*", custom=True, builtin=False, valuechange=True, onpulse=True, active=True)
    return comp


def operator(comp: Any, kind: str, name: str, x: int, y: int) -> Any:
    """Return the operator `name`, made at x, y if it isn't there; where a user moved it, it stays.

    None, and a line in the textport, if this TouchDesigner has no such operators.
    """
    found = comp.op(name)
    if not found and not hasattr(td, kind):
        print(f"phonoscope: there is no {kind} in this TouchDesigner; {name} is left out")
    elif not found:
        found = comp.create(getattr(td, kind), name)
        found.nodeX, found.nodeY = x, y
    return found


def settings(node: Any, **values: Any) -> None:
    """Set parameters; a string that begins with = is an expression. One that isn't there is told in the textport."""
    for name, value in values.items() if node else ():
        par = getattr(node.par, name, None)
        if par is None:
            print(f"phonoscope: {node.name} has no parameter {name} in this TouchDesigner; it is left out")
        elif isinstance(value, str) and value.startswith("="):
            par.expr = value[1:]
            par.mode = type(par.mode).EXPRESSION
        else:
            par.val = value


def callbacks(node: Any, text: str) -> None:
    """Write `text` into the callbacks DAT that came with the operator."""
    dat = node.par.callbacks.eval()
    if not dat:
        dat = node.parent().create(td.textDAT, node.name + "_callbacks")
        dat.dock = node
        node.par.callbacks = dat.name
    dat.text = text


def parameter(comp: Any, page: str, style: str, name: str, label: str, default: Any, choices: Any = ()) -> Any:
    """Return the custom parameter `name`, made with its default if it isn't there; a value that it has it keeps.

    choices: of a "Menu", each its name and its label.
    """
    par: Any = getattr(comp.par, name, None)
    if par is not None and par.style != style:
        par.destroy()
        par = None
    is_new = par is None
    if is_new:
        pages = [found for found in comp.customPages if found.name == page]
        par = getattr(pages[0] if pages else comp.appendCustomPage(page), "append" + style)(name, label=label)[0]
    if choices:
        par.menuNames = [choice for choice, _ in choices]
        par.menuLabels = [label for _, label in choices]
    if default is not None:
        par.default = default
        if is_new:
            par.val = default
    return par


def add_knob(comp: Any, path: str, page: str, style: str, name: str, label: str, low: float, high: float,
             default: Any, choices: Any, text: str) -> Any:
    """Make or renew the parameter of a knob; return the names of what was made."""
    par = parameter(comp, page, style, name, label, default, choices)
    par.help = text
    if style in ("Float", "Int"):
        par.min, par.max, par.clampMin, par.clampMax = low, high, True, True
        par.normMin, par.normMax = low, high
    return [name]


def add_wish(comp: Any, address: str, name: str, label: str, arguments: Any, text: str) -> Any:
    """Make the pulse of a wish and the parameters for its arguments; return the names of what was made."""
    parameter(comp, "Wishes", "Pulse", name, label, None).help = text
    for number, (argument, style) in enumerate(arguments, 1):
        parameter(comp, "Wishes", style, argument, f"{label} {number}", "" if style == "Str" else 0)
    return [name, *dict(arguments)]


def connection(comp: Any) -> None:
    """Make the parameters that say where the instrument is."""
    page = "Phonoscope"
    alive = parameter(comp, page, "Toggle", "Alive", "Playing", False)
    settings(comp, Alive="=absTime.seconds - me.fetch('heard', -10.0, search=False) < 2.5")
    alive.readOnly = True
    parameter(comp, page, "Str", "Host", "Host", HOST)
    parameter(comp, page, "Int", "Port", "Port", PORT)
    parameter(comp, page, "Int", "Listen", "Listen on Port", LISTEN)
    parameter(comp, page, "Menu", "Picture", "Picture by", "file", PICTURES)
    parameter(comp, page, "File", "Framefile", "File of Pictures", FRAMES)
    parameter(comp, page, "Str", "Ndisource", "NDI Source", "")
    parameter(comp, page, "Str", "Sender", "Syphon or Spout Sender", "Phonoscope")
    parameter(comp, page, "Str", "Streamurl", "Stream URL", "")
    parameter(comp, page, "Str", "Memory", "Shared Memory Name", "phonoscope")


def link_text() -> str:
    """Return the text of the DAT `link`: its tables and its code."""
    addresses = {knob[3]: ("/phono/param/" + knob[0], float(knob[7])) for knob in KNOBS}
    wishes = {wish[1]: (wish[0], list(dict(wish[3]))) for wish in WISHES}
    text = LINK
    for name, table in (("ADDRESSES: dict[str, tuple[str, float]]", addresses),
                        ("WISHES: dict[str, tuple[str, list[str]]]", wishes)):
        text = text.replace(name + " = {}", f"{name} = {table!r}")
    return text


def osc(comp: Any) -> None:
    """Make what hears the instrument and what speaks to it."""
    operator(comp, "textDAT", "link", -800, -200).text = link_text()
    if not comp.op("your_events"):
        operator(comp, "textDAT", "your_events", -400, -200).text = YOUR_EVENTS
    heads = {"events": ["event", "number", "age", "a", "b"], "words": ["address", "words"]}
    for name, y in (("events", -350), ("words", -500)):
        if not comp.op(name):
            table = operator(comp, "tableDAT", name, -200, y)
            table.clear()
            table.appendRow(heads[name])
    listen = operator(comp, "oscinDAT", "osc_in", -800, 0)
    settings(listen, port="=parent().par.Listen", shared=True, maxlines=50, active=True)
    callbacks(listen, OSC_IN)
    speak = operator(comp, "oscoutDAT", "osc_out", -600, 0)
    settings(speak, address="=parent().par.Host", port="=parent().par.Port", active=True)
    for name, y in (("feature", 200), ("state", 350)):
        channels = operator(comp, "oscinCHOP", name, -800, y)
        settings(channels, port="=parent().par.Listen", oscaddressscope="*" + name + "*", stripsegments=2, active=True)
    for watched, y in (("osc_in", 500), ("feature", 600)):
        settings(operator(comp, "infoCHOP", watched + "_info", -800, y), op=watched)
    operator(comp, "performCHOP", "performance", -800, 700)
    health = operator(comp, "mergeCHOP", "health", -400, 600)
    health.setInputs([comp.op("osc_in_info"), comp.op("feature_info"), comp.op("performance")])
    out(comp, "outCHOP", "out2", "feature", 200)
    out(comp, "outCHOP", "out3", "state", 350)
    out(comp, "outCHOP", "out4", "health", 600)
    out(comp, "outDAT", "out5", "events", -350)
    out(comp, "outDAT", "out6", "words", -500)


def out(comp: Any, kind: str, name: str, source: str, y: int) -> None:
    """Make an output of the component; one that is there stays, with the wires that leave it."""
    node = operator(comp, kind, name, 300, y)
    settings(node, label=source)
    node.setInputs([comp.op(source)])


def picture(comp: Any) -> None:
    """Make the ways by which the picture comes in, and the switch between them."""
    frames = operator(comp, "scriptTOP", "frames", -800, 900)
    callbacks(frames, FRAMES_COOK)
    ndi = operator(comp, "ndiinTOP", "ndi", -800, 1050)
    settings(ndi, name="=parent().par.Ndisource", active="=parent().par.Picture == 'ndi'")
    syphonspout = operator(comp, "syphonspoutinTOP", "syphonspout", -800, 1200)
    settings(syphonspout, sendername="=parent().par.Sender")
    stream = operator(comp, "videostreaminTOP", "stream", -800, 1350)
    settings(stream, url="=parent().par.Streamurl", active="=parent().par.Picture == 'stream'")
    memory = operator(comp, "sharedmeminTOP", "sharedmem", -800, 1500)
    settings(memory, name="=parent().par.Memory", memtype="local", active="=parent().par.Picture == 'sharedmem'")
    switch = operator(comp, "switchTOP", "switch", -400, 900)
    switch.setInputs([way or frames for way in (frames, ndi, syphonspout, stream, memory)])
    settings(switch, index="=parent().par.Picture.menuIndex")
    shown = operator(comp, "nullTOP", "picture", -100, 900)
    shown.setInputs([switch])
    out(comp, "outTOP", "out1", "picture", 900)


build(td.op("/project1") or td.root)
