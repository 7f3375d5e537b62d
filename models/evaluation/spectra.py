"""Which spectrum a sound classifier learns most from: table 1 of Chen et al. 2017, "Deep Cross-Modal Audio-Visual
Generation"."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from ..generation import senses
from ..generation.pairs import Pairs
from ..generation.settings import Settings
from ..networks.spectra import SPECTRA


def compare(pairs: Pairs, settings: Settings, seed: int, cache: Path) -> dict[str, Any]:
    """accuracy: of each spectrum's classifier, trained alike, on the test sounds of `pairs`."""
    senses_by_name = {name: senses.hear(pairs, replace(settings, spectrum=name), seed, cache) for name in SPECTRA}
    return {
        "accuracy": {name: round(sense.accuracy or 0.0, 4) for name, sense in senses_by_name.items()},
        "classes": list(pairs.classes),
        "sounds": {"train": int((~pairs.sound_test).sum()), "test": int(pairs.sound_test.sum())},
        "steps": settings.senses,
    }
