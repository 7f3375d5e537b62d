"""Look after model files: what there is, whether it is in order, and new ones.

`add` takes a model file of ours, or with --convert weights that others published; nothing of it is unpacked unless its
SHA-256 is the one that you name. It is probed, and then `--eye NAME` finds it. Weights known by name are at the end of
`phonoscope models list`.
"""

import argparse
import json
import string
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from engine.errors import UserError

if TYPE_CHECKING:
    from bridge.download import Progress
    from engine.modelstore import StoredModel

HELP = "list, check and add model files"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope models`."""
    verbs = parser.add_subparsers(dest="models_verb", metavar="VERB", required=True)
    everything = verbs.add_parser("list", help="name the models that ship and those that were added")
    one = verbs.add_parser("info", help="tell all that a model file says of itself")
    one.add_argument("model", metavar="NAME_OR_FILE", help="a model's name, or its file (.ts)")
    check = verbs.add_parser("verify", help="compare checksums and run each model once; 1 if one is not in order")
    check.add_argument("models", nargs="*", metavar="NAME_OR_FILE", help="which ones (default: all)")
    add = verbs.add_parser("add", help="fetch a model, check it and keep it")
    add.add_argument("source", metavar="SOURCE", help="file, https address, or name of known public weights")
    add.add_argument("--sha256", type=_digest, metavar="HEX", help="checksum that the file must have")
    add.add_argument("--as", dest="name", metavar="NAME", help="what to call it (default: what it calls itself)")
    add.add_argument("--convert", choices=("places365", "soundnet"),
                     help="SOURCE holds weights as their authors published them")
    for verb, does in ((everything, _list), (one, _info), (check, _verify), (add, _add)):
        verb.add_argument("--json", action="store_true", help="print one JSON object")
        verb.set_defaults(models_run=does)


def run(args: argparse.Namespace) -> int:
    """Do what the second verb says; 0 if all is well."""
    status: int = args.models_run(args)
    return status


def _digest(text: str) -> str:
    if len(text) != 64 or not set(text) <= set(string.hexdigits):
        raise argparse.ArgumentTypeError(f"{text!r}: expected the 64 hexadecimal digits of a SHA-256")
    return text.lower()


def _list(args: argparse.Namespace) -> int:
    from engine.modelnames import models_folder
    from engine.modelstore import stored_models
    from models.public import public_weights

    models, public = [_told(model) for model in stored_models()], public_weights()
    if args.json:
        print(json.dumps({"folder": str(models_folder()), "models": models, "public": list(public.values())}))
        return 0
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Column, Table

    console = Console()
    facts = [Column(title, no_wrap=True) for title in ("name", "kind", "MB", "rate", "latency", "status")]
    table = Table(*facts, "licence", box=None)
    for model in models:
        cells = [model["name"], model["kind"] or "?", f"{model['bytes'] / 1e6:.1f}",
                 f"{model['rate']} Hz" if model["rate"] else "", f"{model['latency_s'] or 0:g} s",
                 model["status"], model["licence"] or "?"]
        table.add_row(*(escape(cell) for cell in cells))
    console.print(table)
    for weights in public.values():
        address = f" {weights['url']}" if weights["url"] else ""
        console.print(escape(f"can be added: {weights['name']}{address} ({weights['note']})"), highlight=False)
    return 0


def _told(model: "StoredModel") -> dict[str, Any]:
    says = {key: model.manifest.get(key) for key in ("kind", "rate", "latency_s", "licence", "metrics")}
    return {"name": model.name, "title": model.manifest.get("name"), **says, "file": str(model.file),
            "shipped": model.shipped, "bytes": model.bytes, "sha256": model.sha256,
            "status": "refused" if model.fault else "ok", "fault": model.fault}


def _info(args: argparse.Namespace) -> int:
    from engine.modelnames import find_model
    from engine.modelstore import describe

    model = describe(find_model(args.model))
    if not model.manifest:
        raise UserError(model.fault)
    if args.json:
        print(json.dumps(_told(model) | {"manifest": model.manifest}))
        return 0
    print(f"{model.file}\nsha256: {model.sha256}\nbytes: {model.bytes}")
    for key, value in model.manifest.items():
        if key == "classes":
            value = f"{len(value)}: {', '.join(value[:5])} ..."
        print(f"{key}: {value if isinstance(value, str) else json.dumps(value)}")
    if model.fault:
        print(model.fault)
    return 0


def _verify(args: argparse.Namespace) -> int:
    from tqdm import tqdm

    from engine.modelnames import find_model
    from engine.modelstore import describe, probe, stored_models

    models = [describe(find_model(name)) for name in args.models] or stored_models()
    results = []
    for model in tqdm(models, unit="model", disable=None):
        try:
            probe(model)
            error = ""
        except UserError as refusal:
            error = str(refusal)
        results.append({"name": model.name, "file": str(model.file), "ok": not error, "error": error})
    in_order = all(result["ok"] for result in results)
    if args.json:
        print(json.dumps({"ok": in_order, "models": results}))
    else:
        for result in results:
            print(f"{result['name']}: {'in order' if result['ok'] else result['error']}")
    return 0 if in_order else 1


def _add(args: argparse.Namespace) -> int:
    from bridge.download import fetch
    from engine.modelstore import check_name, describe, install, staging, write_checksum
    from models.public import public_weights

    known = public_weights().get(args.source, {})
    source = known.get("url", args.source)
    if not source:
        raise UserError(f"{args.source}: {known['note']}")
    sha256, converter = args.sha256 or known.get("sha256"), args.convert or known.get("converter")
    if not sha256:
        raise UserError(f"{source}: expected --sha256 HEX, since a model file is a program and weights can be wrong; "
                        f"{known.get('note', 'take it from where the file is published')}")
    if args.name:
        check_name(args.name)
    suffix = Path(urlsplit(source).path).suffix.lower()
    if suffix != ".ts" and not converter:
        raise UserError(f"{source}: expected a model file (.ts), or --convert with weights as others published them")
    with staging() as folder:
        fetched, staged = folder / f"weights{suffix}", folder / "model.ts"
        with _progress() as progress:
            fetch(source, fetched, sha256, progress)
        try:
            if converter:
                from models.convert import convert

                command = f"phonoscope models add {source} --sha256 {sha256} --convert {converter}"
                convert(converter, fetched, staged, command)
            else:
                fetched.replace(staged)
                write_checksum(staged, sha256)
            added = install(staged, args.name or describe(staged).manifest.get("name", ""))
        except UserError as error:
            raise UserError(f"{source} was not added: {error}") from None
    if args.json:
        print(json.dumps(_told(added)))
    else:
        print(f"{added.name}: {added.file}")
    return 0


@contextmanager
def _progress() -> "Iterator[Progress]":
    from tqdm import tqdm

    with tqdm(unit="B", unit_scale=True, unit_divisor=1000, disable=None) as bar:
        def progress(done: int, total: int | None) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield progress
