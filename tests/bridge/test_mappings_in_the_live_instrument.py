"""The whole instrument with a mapping file beside its show: what is heard moves knobs, and the file may change."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from pythonosc.udp_client import SimpleUDPClient

from tests.instrument import Instrument, playing

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /dev/shm and sends signals")

LOUD_IS_DENSE = """\
[[mapping]]
to = "layer/*/density"
from = "feature.rms"
input = [-60, -10]
range = [4, 60]

[[mapping]]
to = "dream/chaos"
from = "lag(tempo.beat, 0.01)"

[[mapping]]
to = "dream/speed"
from = 'osc("/wek/outputs", 2)'
"""


@pytest.fixture(scope="module")
def instrument(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Iterator[Instrument]:
    folder = tmp_path_factory.mktemp("show")
    (folder / "show.mapping.toml").write_text(LOUD_IS_DENSE)
    heard = sorted((shared_data / "sounds" / "crackling_fire").glob("*.ogg"))[0]
    microphone = folder / "fire.wav"
    soundfile.write(microphone, *soundfile.read(heard))
    with playing(folder, "--camera", "demo", "--mic", microphone, "--speakers", "null") as instrument:
        yield instrument


def test_a_real_sound_and_the_beat_move_knobs(instrument: Instrument) -> None:
    seen: dict[str, set[float]] = {"layer/16/density": set(), "dream/chaos": set()}

    def moved() -> bool:
        for path, values in seen.items():
            values.add(instrument.session.get(path))
        return all(len(values) > 20 for values in seen.values())

    instrument.wait(moved, "the knobs to move")
    assert all(4 <= value <= 60 for value in seen["layer/16/density"] - {16.0})
    assert instrument.session.told("faces/mappings") == 3
    assert instrument.session.told("faces/mapping_errors") == 0


def test_another_program_moves_a_knob_over_osc(instrument: Instrument) -> None:
    host, port = instrument.session.config["osc"]["listen"].split(":")
    send = SimpleUDPClient(host, int(port)).send_message
    send("/wek/outputs", [0.0, 0.25])
    instrument.wait(lambda: instrument.session.get("dream/speed") == 1, "the knob")
    send("/phono/midi/learn", "dream/sped")
    instrument.wait(lambda: instrument.session.told("faces/osc_rejected") == 1, "the refusal")


def test_the_file_may_change_while_it_plays(instrument: Instrument) -> None:
    file = instrument.show.with_suffix(".mapping.toml")
    file.write_text("[[mapping]\n")
    file.write_text('[[mapping]]\nto = "layer/1/pitch"\nfrom = "12"\n')
    instrument.wait(lambda: instrument.session.get("layer/1/pitch") == 12, "the new mapping")
    density = instrument.session.get("layer/16/density")
    assert instrument.advances("dream/hops")
    assert instrument.session.get("layer/16/density") == density
