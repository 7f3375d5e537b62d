"""`phonoscope models`: what is there, whether it is in order, and additions that are checked before they are opened."""

import contextlib
import hashlib
import json
import pickle
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from bridge import download
from bridge.cli import main
from engine.modelfile import load_model, shipped_model
from engine.showfile import load_show
from models.convert import CONVERTERS
from models.export import Manifest, save_model
from models.public import public_weights
from tests.models.soundnets import lua_network, random_weights
from tests.models.torch7 import write_t7

CLASSES = ["coast", "forest_path", "street"]


class TinyEye(nn.Module):
    """Mean colour -> three classes."""

    def __init__(self) -> None:
        super().__init__()
        self.width = 3
        self.head = nn.Linear(3, 3)

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        colour = frames.float().mean(dim=[1, 2]) / 255
        return torch.log_softmax(self.head(colour), 1), nn.functional.normalize(colour + 1e-6, dim=1)


class BrokenEye(TinyEye):
    """Forgets one class."""

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        colour = frames.float().mean(dim=[1, 2])
        return torch.log_softmax(colour[:, :2], 1), colour


def write_eye(file: Path, network: nn.Module | None = None, **changes: Any) -> Path:
    manifest = Manifest(kind="eye", name="tiny", classes=CLASSES, embedding=3, data="none", licence="CC0",
                        metrics={"top1": 0.5}, command="none")  # fmt: skip
    for key, value in changes.items():
        setattr(manifest, key, value)
    save_model(network or TinyEye(), manifest, file)
    return file


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@dataclass
class Web:
    """An HTTP server; `announce` is the Content-Length that it claims, None for none at all."""

    files: dict[str, bytes] = field(default_factory=dict)
    announce: Callable[[int], int | None] = lambda length: length
    url: str = ""


@pytest.fixture
def web() -> Iterator[Web]:
    served = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/moved.ts":
                self.send_response(302)
                self.send_header("Location", "/eye.ts")
                self.end_headers()
                return
            if self.path not in served.files:
                self.send_error(404)
                return
            body = served.files[self.path]
            self.send_response(200)
            if (length := served.announce(len(body))) is not None:
                self.send_header("Content-Length", str(length))
            self.end_headers()
            with contextlib.suppress(OSError):  # the client may hang up
                self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        served.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield served
        server.shutdown()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where added models go; it does not exist yet."""
    monkeypatch.setenv("PHONOSCOPE_MODELS", str(tmp_path / "mine" / "models"))
    return tmp_path / "mine" / "models"


Phonoscope = Callable[..., dict[str, Any]]


@pytest.fixture
def phonoscope(capsys: pytest.CaptureFixture[str]) -> Phonoscope:
    """Runs a verb of `models` with --json and returns the object, its status as `rc` and the complaint as `err`."""

    def run(*words: str | Path) -> dict[str, Any]:
        status = main(["models", *map(str, words), "--json"])
        out, err = capsys.readouterr()
        return (json.loads(out) if out else {}) | {"rc": status, "err": err}

    return run


def test_the_shipped_models_are_listed_told_and_in_order(phonoscope: Phonoscope, folder: Path) -> None:
    listed = phonoscope("list")
    names = [model["name"] for model in listed["models"]]
    assert set(names) == {file.stem for file in shipped_model("eye").parent.glob("*.ts")}
    assert names[:2] == ["eye", "ear"] and listed["folder"] == str(folder)
    for model in listed["models"]:
        file = shipped_model(model["name"])
        assert model["kind"] == model["name"] and model["shipped"] and model["status"] == "ok"
        assert model["sha256"] == digest(file) and model["bytes"] == file.stat().st_size and model["licence"]
        told = phonoscope("info", model["name"])["manifest"]
        assert {"inputs", "outputs", "latency_s", "data", "metrics", "command", "embedding"} <= told.keys()
        assert told["classes"] and (model["kind"] not in ("eye", "ear") or len(told["classes"]) == 365)
    assert listed["models"][1]["rate"] == 16000
    assert {"squeezenet-places365", "soundnet8"} <= {weights["name"] for weights in listed["public"]}
    assert phonoscope("verify") == {"ok": True, "rc": 0, "err": "", "models": [
        {"name": kind, "file": str(shipped_model(kind)), "ok": True, "error": ""} for kind in names]}


def test_a_person_can_read_it_too(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    eye = write_eye(tmp_path / "eye.ts")
    assert main(["models", "add", str(eye), "--sha256", digest(eye)]) == 0
    assert main(["models", "list"]) == main(["models", "info", "tiny"]) == main(["models", "verify", "tiny"]) == 0
    out, err = capsys.readouterr()
    for words in ("CC0", "can be added: soundnet8", "classes: 3: coast, forest_path, street", "tiny: in order",
                  f"sha256: {digest(eye)}"):
        assert words in out
    assert not err


@pytest.mark.parametrize("way", ["path", "file", "http", "redirect", "no length"])
def test_a_model_is_added_from_anywhere_and_found_by_name(
    way: str, phonoscope: Phonoscope, web: Web, folder: Path, tmp_path: Path
) -> None:
    eye = write_eye(tmp_path / "eye.ts")
    web.files["/eye.ts"] = eye.read_bytes()
    if way == "no length":
        web.announce = lambda length: None
    source = {"path": str(eye), "file": eye.as_uri(), "redirect": f"{web.url}/moved.ts"}.get(way, f"{web.url}/eye.ts")
    added = phonoscope("add", source, "--sha256", digest(eye).upper(), "--as", "mine-1")
    assert added["rc"] == 0 and added["name"] == "mine-1" and added["title"] == "tiny" and not added["shipped"]
    assert added["sha256"] == digest(folder / "mine-1.ts") == digest(eye) and added["metrics"] == {"top1": 0.5}
    assert load_model("mine-1", "eye").classes == tuple(CLASSES)
    assert sorted(file.name for file in folder.iterdir()) == ["mine-1.ts", "mine-1.ts.sha256"]
    assert phonoscope("add", source, "--sha256", digest(eye), "--as", "mine-1")["rc"] == 0  # once more is no harm


def test_a_show_names_an_added_model_or_a_file_beside_it(tmp_path: Path) -> None:
    show = tmp_path / "show.toml"
    show.write_text('[sight]\nmodel = "mine-1"\n')
    assert load_show(show).sight.model == "mine-1"
    (tmp_path / "mine-1").touch()
    assert load_show(show).sight.model == str(tmp_path / "mine-1")


def refused(phonoscope: Phonoscope, folder: Path, said: str, *words: str | Path) -> None:
    """`add` fails, says so without a traceback, and leaves nothing behind."""
    result = phonoscope("add", *words)
    assert result["rc"] == 1 and said in result["err"] and "Traceback" not in result["err"], result
    assert not folder.exists() or not list(folder.iterdir())


def test_other_bytes_than_asked_for_are_never_opened(
    phonoscope: Phonoscope, web: Web, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    eye = write_eye(tmp_path / "eye.ts")
    right, body = digest(eye), eye.read_bytes()
    monkeypatch.setattr(torch.jit, "load", lambda *args, **kwargs: pytest.fail("opened"))
    web.files = {"/eye.ts": body[:-1] + b"!", "/short.ts": body[:-100]}
    refused(phonoscope, folder, f"expected sha256 {right}, got ", f"{web.url}/eye.ts", "--sha256", right)
    web.announce = lambda length: length + 100
    refused(phonoscope, folder, f"ended early: expected {len(body)} bytes, got {len(body) - 100}",
            f"{web.url}/short.ts", "--sha256", right)
    web.announce = lambda length: 10**10
    refused(phonoscope, folder, "expected at most", f"{web.url}/eye.ts", "--sha256", right)
    web.announce = lambda length: None
    monkeypatch.setattr(download, "LARGEST", 1000)
    refused(phonoscope, folder, "expected at most 1000 bytes", f"{web.url}/eye.ts", "--sha256", right)


def test_what_cannot_be_had_is_said(phonoscope: Phonoscope, web: Web, folder: Path, tmp_path: Path) -> None:
    zeros = "0" * 64
    refused(phonoscope, folder, "404", f"{web.url}/none.ts", "--sha256", zeros)
    refused(phonoscope, folder, "can't be fetched", "http://127.0.0.1:1/eye.ts", "--sha256", zeros)
    refused(phonoscope, folder, "there is no such file", tmp_path / "none.ts", "--sha256", zeros)
    refused(phonoscope, folder, "expected --sha256 HEX", f"{web.url}/eye.ts")
    refused(phonoscope, folder, "its authors publish no checksum", "soundnet8")
    refused(phonoscope, folder, "a pickle is a program", "squeezenet-places365")
    refused(phonoscope, folder, "expected a model file (.ts), or --convert", tmp_path / "a.safetensors",
            "--sha256", zeros)
    with pytest.raises(SystemExit) as misspelt:
        main(["models", "add", "eye.ts", "--sha256", "12"])
    assert misspelt.value.code == 2


class Bomb:
    def __reduce__(self) -> tuple[Any, tuple[str, str]]:
        return open, ("ran", "w")


def test_a_hostile_file_with_the_right_checksum_is_refused(
    phonoscope: Phonoscope, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pickle.ts").write_bytes(pickle.dumps(Bomb()))
    torch.save(Bomb(), "archive.ts")
    for name in ("pickle.ts", "archive.ts"):
        refused(phonoscope, folder, f"{name} was not added", name, "--sha256", digest(Path(name)))
    for name in ("weights.safetensors", "weights.pkl", "weights.t7", "weights.zip", "weights.npz"):
        Path(name).write_bytes(pickle.dumps(Bomb()))
        for converter in CONVERTERS:
            refused(phonoscope, folder, f"{name} was not added", name, "--sha256", digest(Path(name)),
                    "--convert", converter)
    np.save("object.npy", np.array([Bomb()]), allow_pickle=True)
    refused(phonoscope, folder, "was not added", "object.npy", "--sha256", digest(Path("object.npy")),
            "--convert", "soundnet")
    assert not Path("ran").exists()


def test_a_model_that_fails_its_probe_or_says_too_little_is_refused(
    phonoscope: Phonoscope, folder: Path, tmp_path: Path
) -> None:
    broken = write_eye(tmp_path / "broken.ts", BrokenEye())
    refused(phonoscope, folder, "expected log_p float32 [1, 3], got float32 [1, 2]", broken, "--sha256", digest(broken))
    silent = write_eye(tmp_path / "silent.ts", licence=None)
    refused(phonoscope, folder, "the manifest lacks licence", silent, "--sha256", digest(silent))
    for name in ("eye", "../eye", "", ".hidden", "a b"):
        eye = write_eye(tmp_path / "named.ts", name=name)
        refused(phonoscope, folder, "name it with --as NAME", eye, "--sha256", digest(eye))


def test_a_name_is_never_taken_from_another_model(phonoscope: Phonoscope, folder: Path, tmp_path: Path) -> None:
    one, two = write_eye(tmp_path / "one.ts"), write_eye(tmp_path / "two.ts", data="other")
    assert phonoscope("add", one, "--sha256", digest(one))["rc"] == 0
    taken = phonoscope("add", two, "--sha256", digest(two))
    assert taken["rc"] == 1 and "there is another model called tiny" in taken["err"]
    assert digest(folder / "tiny.ts") == digest(one)


def test_damage_after_adding_is_found(phonoscope: Phonoscope, folder: Path, tmp_path: Path) -> None:
    eye = write_eye(tmp_path / "one.ts")
    phonoscope("add", eye, "--sha256", digest(eye))
    body = bytearray((folder / "tiny.ts").read_bytes())
    body[len(body) // 2] ^= 1
    (folder / "tiny.ts").write_bytes(body)
    (folder / "stray.ts").write_bytes(eye.read_bytes())
    listed = {model["name"]: model for model in phonoscope("list")["models"]}
    assert listed["tiny"]["status"] == listed["stray"]["status"] == "refused" and listed["eye"]["status"] == "ok"
    verified = phonoscope("verify")
    assert verified["rc"] == 1 and not verified["ok"]
    errors = {model["name"]: model["error"] for model in verified["models"]}
    assert f"expected sha256 {digest(eye)}, got {digest(folder / 'tiny.ts')}" in errors["tiny"]
    assert "checksum is written nowhere" in errors["stray"] and not errors["eye"] and not errors["ear"]
    assert phonoscope("verify", "ear")["rc"] == 0
    unknown = phonoscope("info", "nothing")
    assert unknown["rc"] == 1 and "one of: eye, ear, dream, voice, stray, tiny" in unknown["err"]


def test_the_public_squeezenet_becomes_an_eye(phonoscope: Phonoscope, shared_data: Path, folder: Path) -> None:
    weights = shared_data / "places365" / "squeezenet_places365.safetensors"
    sha256 = public_weights()["squeezenet-places365"]["sha256"]
    added = phonoscope("add", weights, "--sha256", sha256, "--convert", "places365")
    assert added["rc"] == 0 and added["name"] == "squeezenet-places365", added
    eye = load_model("squeezenet-places365", "eye")
    shipped = load_model(shipped_model("eye"), "eye")
    assert eye.classes == shipped.classes and eye.embedding == shipped.embedding
    assert sha256 in eye.manifest["command"] and "private use" in eye.manifest["licence"]


def test_the_published_soundnet_becomes_an_ear(phonoscope: Phonoscope, web: Web, tmp_path: Path) -> None:
    published = write_t7(tmp_path / "soundnet5_final.t7", lua_network(random_weights(5), 5), cuda=True)
    with zipfile.ZipFile(tmp_path / "models.zip", "w") as archive:
        archive.write(published, published.name)
    web.files["/models.zip"] = (tmp_path / "models.zip").read_bytes()
    added = phonoscope("add", f"{web.url}/models.zip", "--sha256", digest(tmp_path / "models.zip"),
                       "--convert", "soundnet")
    assert added["rc"] == 0 and added["name"] == "soundnet5" and added["rate"] == 22050, added
    ear = load_model("soundnet5", "ear")
    assert ear.classes == load_model("eye", "eye").classes and ear.manifest["features"] == 256
    log_q, _ = ear.run(np.random.default_rng(0).normal(0, 0.1, (1, 30000)).astype(np.float32))
    assert np.exp(log_q).sum() == pytest.approx(1, abs=1e-3) and log_q.max() > np.log(1 / 365)


def test_every_public_entry_has_a_converter_and_a_checksum_or_a_reason() -> None:
    for weights in public_weights().values():
        assert weights["converter"] in CONVERTERS and weights["licence"]
        assert (weights["url"] and len(weights["sha256"]) == 64) or weights["note"]
