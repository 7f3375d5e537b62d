"""Show files: what a person may write, and what they are told when it is wrong."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import UserError
from engine.parameters import LAYERS, PARAMETERS, parameter
from engine.show import (
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
from engine.showfile import ShowError, load_show

SHOWS = Path(__file__).parents[2] / "patches" / "shows"


def load(folder: Path, text: str) -> Show:
    path = folder / "show.toml"
    path.write_text(text)
    return load_show(path)


def faults(folder: Path, text: str) -> dict[str, str]:
    with pytest.raises(ShowError) as error:
        load(folder, text)
    assert all(line.startswith(f"{folder / 'show.toml'}: ") for line in str(error.value).splitlines())
    return {fault.key: fault.message for fault in error.value.faults}


def test_an_empty_file_is_a_show_of_defaults(tmp_path: Path) -> None:
    show = load(tmp_path, "")
    assert show == Show()
    assert show.sound == SoundConfig("default", "default", "sounddevice", 48000, 256, "stereo")
    assert show.sight == SightConfig(("auto",), "", 0)
    assert show.dream == DreamConfig(True, "", 0, 512, 512, None)
    assert show.osc == OscConfig("127.0.0.1:9000", targets=(OscTarget("127.0.0.1:9001"),), rate_hz=60)


def test_everything_can_be_said(tmp_path: Path) -> None:
    (tmp_path / "walk").mkdir()
    show = load(tmp_path, """
        name = "Harbour"
        seed = 3
        library = "clips"
        mapping = "harbour.mapping.toml"
        [sound]
        output = "jack:system"
        input = "street.flac"
        backend = "pyaudio"
        rate = 44100
        block = 64
        layout = "30 -30 110 -110"
        record = "sets/harbour.flac"
        [sight]
        camera = "walk"
        model = "/models/eye.ts"
        fps = 12.5
        voice = "/models/voice.ts"
        [dream]
        on = false
        model = "/models/dream.ts"
        side = 64
        width = 640
        height = 360
        seed = 11
        [osc]
        listen = "[::1]:7000"
        tcp = "[::1]:7000"
        targets = ["10.0.0.2:7001", { address = "visuals.local:7002", send = ["/phono/event"] }]
        rate_hz = 30
        [oscquery]
        listen = "127.0.0.1:7005"
        announce = false
        [page]
        listen = "0.0.0.0:7006"
        token = "harbour"
        walk = "site"
        [midi]
        controllers = ["nanoKONTROL2"]
        [tempo]
        midi_in = "drum machine"
        midi_out = "synth"
        link = true
        [[outputs]]
        kind = "mjpeg"
        target = "127.0.0.1:8081"
        picture = "camera"
        rate = 15
        [[outputs]]
        kind = "mmap"
        [[cues]]
        name = "dawn"
        snapshot = "night"
        seconds = 8
        quantise = "bar"
        library = "clips"
        eye = "/models/eye.ts"
        dream = "/models/dream.ts"
        mapping = "dawn.mapping.toml"
        program = 5
        [[cues]]
        name = "noon"
        [parameters.crossfade]
        time = 6
        [parameters.layer.2]
        density = 20
        freeze = true
        [snapshots.night.reverb]
        time = 12
        [snapshots."day 2".layer."1[56]"]
        pitch = -3
    """)
    assert show == Show(
        "Harbour", 3, str(tmp_path / "clips"), str(tmp_path / "harbour.mapping.toml"),
        SoundConfig("jack:system", str(tmp_path / "street.flac"), "pyaudio", 44100, 64, "30 -30 110 -110",
                    record=str(tmp_path / "sets" / "harbour.flac")),
        SightConfig((str(tmp_path / "walk"),), "/models/eye.ts", 12.5, "/models/voice.ts"),
        DreamConfig(False, "/models/dream.ts", 64, 640, 360, 11),
        OscConfig("[::1]:7000", "[::1]:7000", (OscTarget("10.0.0.2:7001"),
                                               OscTarget("visuals.local:7002", ("/phono/event",))), 30),
        OscQueryConfig("127.0.0.1:7005", False), PageConfig("0.0.0.0:7006", "harbour", str(tmp_path / "site")),
        MidiConfig(("nanoKONTROL2",)),
        TempoConfig("drum machine", "synth", True),
        (OutputConfig("mjpeg", "127.0.0.1:8081", "camera", 15), OutputConfig("mmap")),
        (CueConfig("dawn", "night", 8, "bar", str(tmp_path / "clips"), "/models/eye.ts", "/models/dream.ts",
                   str(tmp_path / "dawn.mapping.toml"), 5), CueConfig("noon")),
        {"crossfade/time": 6.0, "layer/2/density": 20.0, "layer/2/freeze": 1.0},
        {"night": {"reverb/time": 12.0}, "day 2": {"layer/15/pitch": -3.0, "layer/16/pitch": -3.0}})


def test_the_mark_of_windows_editors_is_no_part_of_a_show(tmp_path: Path) -> None:
    assert load(tmp_path, "\ufeffname = 'Harbour'").name == "Harbour"


@pytest.mark.parametrize("camera", ["0", "demo", "http://host/street.mjpg", "Logitech"])
def test_cameras_that_are_no_files_are_left_as_they_are(tmp_path: Path, camera: str) -> None:
    assert load(tmp_path, f'[sight]\ncamera = "{camera}"').sight.camera == (camera,)


def test_the_dream_is_a_file_beside_the_show_or_the_name_of_a_model(tmp_path: Path) -> None:
    (tmp_path / "mine.ts").touch()
    assert load(tmp_path, '[dream]\nmodel = "mine.ts"').dream.model == str(tmp_path / "mine.ts")
    assert load(tmp_path, '[dream]\nmodel = "other"').dream.model == "other"


def test_several_cameras_are_a_list_and_say_where_they_look(tmp_path: Path) -> None:
    (tmp_path / "walk.mp4").touch()
    show = load(tmp_path, '[sight]\ncamera = ["0", "walk.mp4@90", "panorama:walk.mp4@-90", "panorama:rtsp://a@b/live"]')
    video = tmp_path / "walk.mp4"
    assert show.sight.camera == ("0", f"{video}@90", f"panorama:{video}@-90", "panorama:rtsp://a@b/live")
    assert Show.from_dict(json.loads(json.dumps(show.to_dict()))) == show


def test_a_wildcard_sets_all_layers_and_a_single_name_wins_over_it(tmp_path: Path) -> None:
    for text in ('[parameters.layer.1]\ndensity = 20\n[parameters.layer."*"]\ndensity = 7',
                 '[parameters.layer."*"]\ndensity = 7\n[parameters.layer.1]\ndensity = 20'):
        assert load(tmp_path, text).parameters == {
            f"layer/{n}/density": 20 if n == 1 else 7 for n in range(1, LAYERS + 1)}


def test_players_read_the_same_show_out_of_json(tmp_path: Path) -> None:
    show = load(tmp_path, '[osc]\ntargets = ["a:1", "b:2"]\n[parameters.master]\ngain = -3')
    assert Show.from_dict(json.loads(json.dumps(show.to_dict()))) == show


def test_unknown_keys_name_the_nearest_known_one(tmp_path: Path) -> None:
    assert faults(tmp_path, """
        sead = 1
        [sound]
        outptu = "x"
        [camera]
        name = "x"
        [parameters.layer."*"]
        densty = 3
        [parameters.layer.19]
        density = 3
        [parameters.crossfade]
        cutt = 1
        [snapshots."day 2".crossfade]
        cutt = 1
    """) == {
        "sead": "there is no such key; the nearest is seed",
        "sound.outptu": "there is no such key; the nearest is sound.output",
        "camera": "there is no such key; the nearest is name",
        'parameters.layer."*".densty': 'there is no such parameter; the nearest is parameters.layer."*".density',
        "parameters.layer.19.density": "there is no such parameter; the nearest is parameters.layer.9.density",
        "parameters.crossfade.cutt": "there is no such parameter; the nearest is parameters.crossfade.cut",
        'snapshots."day 2".crossfade.cutt':
            'there is no such parameter; the nearest is snapshots."day 2".crossfade.cut',
    }


@pytest.mark.parametrize(("line", "key", "value", "expected"), [
    ("name = 5", "name", "5", "text in quotes"),
    ("seed = -1", "seed", "-1", "a whole number from 0"),
    ("seed = true", "seed", "true", "a whole number"),
    ("library = []", "library", "[]", "text in quotes"),
    ('sound = "jack"', "sound", '"jack"', r"a table: \[sound\]"),
    ("[sound]\nrate = 96", "sound.rate", "96", "8000 to 192000 Hz"),
    ("[sound]\nrate = 48000.0", "sound.rate", "48000.0", "a whole number"),
    ("[sound]\nblock = 8", "sound.block", "8", "16 to 4096 frames"),
    ('[sound]\nbackend = "portaudio"', "sound.backend", '"portaudio"', '"sounddevice" or "pyaudio"'),
    ('[sound]\nlayout = "octo"', "sound.layout", '"octo"', 'stereo, quad, 5.1, .*or the azimuths .*"30 -30 110 -110"'),
    ('[sound]\nlayout = "30 30"', "sound.layout", '"30 30"', "at least 2 degrees apart"),
    ("[sound]\nlayout = 4", "sound.layout", "4", "text in quotes"),
    ('[sound]\noutput = " "', "sound.output", '" "', "a name"),
    ('[sound]\nrecord = ""', "sound.record", '""', "a name"),
    ("[sight]\ncamera = 0", "sight.camera", "0", "text in quotes"),
    ("[sight]\ncamera = []", "sight.camera", "[]", "at least one camera"),
    ('[sight]\ncamera = ["0", ""]', "sight.camera", '["0", ""]', "a name"),
    ('[sight]\ncamera = "0@400"', "sight.camera", '"0@400"', "a direction from -360 to 360"),
    ("[sight]\nfps = -1", "sight.fps", "-1", "0 to 240 frames/s"),
    ("[sight]\nfps = inf", "sight.fps", "Infinity", "0 to 240 frames/s"),
    ("[dream]\non = 1", "dream.on", "1", "true or false"),
    ("[dream]\nwidth = 1920", "dream.width", "1920", "a whole number from 16 to 1024 pixels"),
    ("[dream]\nmodel = 3", "dream.model", "3", "text in quotes"),
    ("[osc]\nlisten = 9000", "osc.listen", "9000", "text in quotes"),
    ('[osc]\nlisten = "9000"', "osc.listen", '"9000"', '"host:port"'),
    ('[osc]\ntargets = "127.0.0.1:9001"', "osc.targets", '"127.0.0.1:9001"', "a list"),
    ('[osc]\ntargets = ["127.0.0.1:99999"]', "osc.targets[0].address", '"127.0.0.1:99999"',
     "a port from 1 to 65535"),
    ('[osc]\ntargets = [{ address = "127.0.0.1:9001", send = ["event"] }]', "osc.targets[0].send", '["event"]',
     "a list of OSC addresses"),
    ('[osc]\ntargets = [{ send = ["/phono"] }]', "osc.targets[0]", '{"send": ["/phono"]}', "the key address"),
    ('[osc]\ntcp = "9000"', "osc.tcp", '"9000"', '"host:port"'),
    ('[midi]\ncontrollers = "nano"', "midi.controllers", '"nano"', "a list of names"),
    ('[midi]\ncontrollers = ["nano", "nano"]', "midi.controllers", '["nano", "nano"]', "each name once"),
    ('[[outputs]]\nkind = "tv"', "outputs[0].kind", '"tv"', '"mmap"'),
    ('[[cues]]\nname = "a"\nprogram = 128', "cues[0].program", "128", "0 to 127"),
    ('[[cues]]\nname = "a"\nquantise = "soon"', "cues[0].quantise", '"soon"', '"beat"'),
    ('[[cues]]\nname = "a"\n[[cues]]\nname = "a"', "cues[1].name", '"a"', "another name"),
    ('[[cues]]\nname = "a"\nprogram = 1\n[[cues]]\nname = "b"', "cues[1].program", "1", "launches 'a'"),
    ('[[cues]]\nname = "a"\nprogram = 9\n[[cues]]\nname = "b"\nprogram = 9', "cues[1].program", "9", "launches 'a'"),
    ("[osc]\nrate_hz = 2026-11-21", "osc.rate_hz", '"2026-11-21"', "1 to 1000 Hz"),
    ("[tempo]\nlink = 1", "tempo.link", "1", "true or false"),
    ("[tempo]\nmidi_in = 3", "tempo.midi_in", "3", "text in quotes"),
    ("parameters = 1", "parameters", "1", "tables"),
    ("[parameters.master]\ngain = 12", "parameters.master.gain", "12", "-60 to 6 dB"),
    ("[parameters.master]\ngain = nan", "parameters.master.gain", "NaN", "-60 to 6 dB"),
    ('[parameters.master]\ngain = "loud"', "parameters.master.gain", '"loud"', "a number"),
    ("[parameters.master]\ngain = true", "parameters.master.gain", "true", "a number"),
    ("[parameters.master]\npanic = 2", "parameters.master.panic", "2", "true or false"),
    ("snapshots = 1", "snapshots", "1", "tables"),
    ("snapshots.night = 1", "snapshots.night", "1", r"tables, such as \[snapshots.night.crossfade\]"),
    ("[snapshots.night.master]\ngain = 12", "snapshots.night.master.gain", "12", "-60 to 6 dB"),
    ("[parameters.match]\nlayers = 2.5", "parameters.match.layers", "2.5", "a whole number from 1 to 16"),
])
def test_wrong_values_are_told_with_key_value_and_what_was_expected(tmp_path: Path, line: str, key: str, value: str,
                                                                   expected: str) -> None:
    with pytest.raises(UserError, match=f"expected .*{expected}") as error:
        load(tmp_path, line)
    assert f"{key} = {value}: expected" in str(error.value)


def test_what_a_snapshot_can_not_be_is_told(tmp_path: Path) -> None:
    found = faults(tmp_path, "snapshots.night.master.record = 1\nsnapshots.night.master.gain = 1\n"
                             f"snapshots.{'n' * 65}.master.gain = 1")
    assert found == {"snapshots.night.master.record": "is never part of a snapshot",
                     f"snapshots.{'n' * 65}": f"'{'n' * 64}' can't be the name of a snapshot: expected up to 64 bytes "
                                              "of printable text"}
    assert "up to 256" in faults(tmp_path, "\n".join(f"[snapshots.n{i}]" for i in range(257)))["snapshots"]


def test_a_wildcard_in_a_snapshot_leaves_out_what_is_never_part_of_one(tmp_path: Path) -> None:
    assert load(tmp_path, 'snapshots.night.master."[gr]*" = 0').snapshots == {"night": {"master/gain": 0.0}}


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    found = faults(tmp_path, "seed = -1\nsead = 1\n[sound]\nrate = 1\nblock = 1\n[parameters.match]\nlayers = 17")
    assert list(found) == ["seed", "sead", "sound.rate", "sound.block", "parameters.match.layers"]


def test_files_that_are_no_toml_or_not_there_are_told(tmp_path: Path) -> None:
    assert "line 2" in faults(tmp_path, 'name = "a"\nseed = = 1')[""]
    (tmp_path / "show.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="is not TOML"):
        load_show(tmp_path / "show.toml")
    with pytest.raises(UserError, match=r"gone\.toml: can't be read: No such file"):
        load_show(tmp_path / "gone.toml")


VALUES = st.recursive(st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
                      | st.text("aZ0~/:.*[? \t", max_size=12), lambda inner: st.lists(inner, max_size=3), max_leaves=4)
KEYS = ["name", "seed", "library", "sound.output", "sound.rate", "sound.backend", "sight.camera", "sight.model",
        "sight.fps", "osc.listen", "osc.targets", "parameters.master.gain", "parameters.master.panic",
        'parameters.layer."*".density', 'parameters."[a".x', "parameters.match.layers", "snapshots",
        "snapshots.night", 'snapshots."".layer."*".density', "snapshots.day.master.gain", "nonsense"]


@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_written_is_a_show_or_told_as_wrong(tmp_path: Path, values: dict[str, object]) -> None:
    try:
        show = load(tmp_path, "\n".join(f"{key} = {json.dumps(value)}" for key, value in values.items()))
    except ShowError as error:
        assert error.faults and all(fault.key or "TOML" in fault.message for fault in error.faults)
    else:
        assert all(parameter(path).accept(value) == value for path, value in show.parameters.items())


def test_options_of_the_command_line_are_held_to_the_same_ranges() -> None:
    with pytest.raises(UserError, match="block 8: expected 16 to 4096 frames"):
        SoundConfig(block=8)
    with pytest.raises(UserError, match="layout 'octo': expected mono, stereo"):
        SoundConfig(layout="octo")


@pytest.mark.parametrize("path", sorted(set(SHOWS.glob("*.toml")) - set(SHOWS.glob("*.mapping.toml"))),
                         ids=lambda path: str(path.stem))
def test_example_shows_load(path: Path) -> None:
    show = load_show(path)
    assert show.name != Show().name and any(parameter(key).default != value for key, value in show.parameters.items())
    assert {cue.snapshot for cue in show.cues if cue.snapshot} <= show.snapshots.keys()


def test_the_example_on_the_page_about_cues_is_a_show(tmp_path: Path) -> None:
    page = (SHOWS.parents[1] / "docs" / "cues.md").read_text()
    example = page.split("```toml\n")[1].split("```")[0]
    assert [cue.name for cue in load(tmp_path, example).cues] == ["arrive", "approach", "under water"]


def test_every_parameter_can_be_set_by_its_own_default(tmp_path: Path) -> None:
    text = "\n".join(f"parameters.{p.path.replace('/', '.')} = {p.default}" for p in PARAMETERS)
    assert load(tmp_path, text).parameters == {p.path: p.default for p in PARAMETERS}


def test_a_show_comes_out_of_its_dictionary_as_it_went_in(tmp_path: Path) -> None:
    show = load(tmp_path, """
        [osc]
        targets = [{ address = "10.0.0.2:7001", send = ["/phono/event"] }]
        [midi]
        controllers = ["nano"]
        [[outputs]]
        kind = "mmap"
        [[cues]]
        name = "dawn"
    """)
    assert Show.from_dict(json.loads(json.dumps(show.to_dict()))) == show
