"""What a model file has to say of itself before it may run, by its kind."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.modelnames import KINDS, Kind

FORMAT = 1
SIDES = (16, 1024)
"""Smallest and largest side of a picture that a dream may paint, pixels."""
_INTEGERS: Mapping[Kind, tuple[str, ...]] = {
    "eye": ("embedding",),
    "ear": ("embedding", "rate"),
    "dream": ("embedding", "latent", "rate"),
    "voice": ("embedding", "latent", "rate", "n_fft", "hop", "mels", "frames", "top_db"),
}


def check_manifest(path: Path, manifest: Any, kind: Kind | None) -> None:
    """Raise UserError, which names the key and what was expected, unless `manifest` is one of a model of that kind.

    path: the model file. manifest: what its manifest.json holds, None where there is none. kind: None takes any.
    """
    def wrong(key: str, expected: str) -> UserError:
        got = repr(manifest.get(key) if isinstance(manifest, dict) else manifest)
        return UserError(f"model file {path}: manifest key '{key}': expected {expected}, got {got[:80]}")

    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise wrong("format", str(FORMAT))
    kinds = (kind,) if kind else KINDS
    if manifest.get("kind") not in kinds:
        raise wrong("kind", " or ".join(f"'{one}'" for one in kinds))
    if not isinstance(manifest.get("name"), str):
        raise wrong("name", "a string")
    classes = manifest.get("classes")
    if not (isinstance(classes, list) and classes and all(isinstance(c, str) and c for c in classes)
            and len(set(classes)) == len(classes)):
        raise wrong("classes", "a list of different names")
    for key in _INTEGERS[manifest["kind"]]:
        if type(manifest.get(key)) is not int or manifest[key] < 1:
            raise wrong(key, "a positive integer")
    if manifest["kind"] == "dream":
        window, sides = manifest.get("window_s"), manifest.get("sides")
        if not isinstance(window, int | float) or not 0 < window <= 5:
            raise wrong("window_s", "seconds, more than 0 and at most 5")
        low, high = SIDES
        if not (isinstance(sides, list) and sides and all(type(side) is int and low <= side <= high for side in sides)
                and sides == sorted(set(sides))):
            raise wrong("sides", f"an ascending list of sides from {low} to {high}")
