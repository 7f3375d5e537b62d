"""The README says what is true: its table of knobs is the registry, its OSC addresses are the ones that are sent."""

from pathlib import Path

from bridge.osc_out import FEATURES_SENT, ROOT
from engine.parameters import PARAMETERS
from engine.shared import Event

README = (Path(__file__).parents[2] / "README.md").read_text()


def knob_rows() -> list[str]:
    """Return the rows of the README's table of knobs as the registry has them; the layers share theirs."""
    rows = []
    for p in PARAMETERS:
        if not p.path.startswith("layer/") or p.path.startswith("layer/1/"):
            name = p.path.replace("layer/1/", "layer/N/")
            rows.append(f"| `{name}` | {p.low:g} … {p.high:g} {p.unit}".rstrip() + f" | {p.default:g} | {p.doc} |")
    return rows


def test_the_table_of_knobs_is_the_registry() -> None:
    missing = [row for row in knob_rows() if row not in README]
    assert not missing, "put these rows into the README:\n" + "\n".join(missing)


def test_every_feature_and_event_is_in_the_table() -> None:
    for name in (*FEATURES_SENT, "bands", *(event.name.lower() for event in Event)):
        assert f"`{name}`" in README or f"/{name}`" in README, name
    assert f"`{ROOT}/panic`" in README
