"""The README and the pages that it links to say what is true."""

import re
from pathlib import Path

from bridge.namespace import NAMESPACE
from bridge.osc_reference import page
from engine.parameters import PARAMETERS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_the_page_about_osc_is_what_the_program_says() -> None:
    assert (ROOT / "docs/osc.md").read_text() == page(), "write it anew: python -m bridge.osc_reference > docs/osc.md"


def test_every_address_and_every_knob_is_on_the_page() -> None:
    shown = page()
    for path, address in NAMESPACE.items():
        numberless = re.sub(r"(?<=/)\d+(?=/|$)", "N", path)
        assert f"`{numberless.removeprefix('/phono/state/').removeprefix('/phono/param/')}`" in shown, address
    for p in PARAMETERS:
        if not p.path.startswith("layer/") or p.path.startswith("layer/1/"):
            name = p.path.replace("layer/1/", "layer/N/")
            assert f"| `{name}` | {p.low:g} … {p.high:g} {p.unit}".rstrip() + f" | {p.default:g} | {p.doc} |" in shown


def test_what_the_readme_links_to_is_there() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", README):
        assert (ROOT / target).exists(), target
