"""What is known of the model files of this machine, and how new ones are added: checked, probed, at once and whole."""

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.files import replacing, sync_names
from engine.modelfile import load_model, read_manifest
from engine.modelnames import KINDS, models_folder, named_models, shipped_model

SHIPPED = tuple(shipped_model(kind) for kind in KINDS)
# what a model file has to say of itself beyond what the engine needs to run it
DESCRIPTION = ("inputs", "outputs", "latency_s", "data", "licence", "metrics", "command")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class StoredModel:
    """A model file and what it says of itself.

    name: what it is called on the command line. fault: why it can't be used, and then `manifest` is empty; "" if it
    has its checksum and a manifest in order.
    """

    name: str
    file: Path
    shipped: bool
    bytes: int
    sha256: str
    manifest: dict[str, Any]
    fault: str


def stored_models() -> list[StoredModel]:
    """Return the shipped models, then the added ones by name. Nothing of them runs."""
    return [describe(file) for file in named_models().values()]


def describe(file: Path) -> StoredModel:
    """Return what is known of a model file without running it."""
    try:
        manifest, sha256 = read_manifest(file)
        fault = ""
        if missing := [key for key in DESCRIPTION if key not in manifest]:
            fault = f"model file {file}: the manifest lacks {', '.join(missing)}"
    except UserError as error:
        manifest, sha256, fault = {}, "", str(error)
    size = file.stat().st_size if file.exists() else 0
    return StoredModel(file.stem, file, file in SHIPPED, size, sha256, manifest, fault)


def probe(model: StoredModel) -> None:
    """Load the model and run it once; UserError says what was expected and what came."""
    if model.fault:
        raise UserError(model.fault)
    load_model(model.file, model.manifest["kind"])


def check_name(name: str) -> None:
    """Raise UserError if an added model can't be called `name`."""
    if not _NAME.fullmatch(name) or name in {file.stem for file in SHIPPED}:
        raise UserError(f"model name {name!r}: expected letters, digits, '.', '_' and '-', at most 64, and none of "
                        f"{', '.join(KINDS)}, which ship; name it with --as NAME")


@contextlib.contextmanager
def staging() -> Iterator[Path]:
    """A folder beside the added models to prepare one in; it vanishes afterwards, with whatever is left in it."""
    models_folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".adding-", dir=models_folder()) as folder:
        yield Path(folder)


def write_checksum(file: Path, sha256: str) -> None:
    """Write down that `file` is to be trusted while its hash is `sha256`."""
    with replacing(file.with_name(f"{file.name}.sha256")) as checksum:
        checksum.write(f"{sha256}  {file.name}\n".encode())


def install(staged: Path, name: str) -> StoredModel:
    """Probe the model file `staged`, whose checksum lies beside it, and add it as `name`.

    It appears at once and whole. Raises UserError if it fails its probe or another model has that name.
    """
    new = describe(staged)
    probe(new)
    check_name(name)
    file = models_folder() / f"{name}.ts"
    if file.exists() and describe(file).sha256 != new.sha256:
        raise UserError(f"there is another model called {name}: {file}; choose a name with --as NAME, or delete it")
    write_checksum(file, new.sha256)  # first, since a model without it can't be used
    os.replace(staged, file)
    sync_names(file.parent)
    return describe(file)
