"""`phonoscope eval`: real photographs and recordings in folders, broken ones among them, and what is told of them."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import soundfile

from bridge.cli import main
from engine.modelfile import load_model, shipped_model
from models.data import read_sounds
from models.evaluation.metrics import FIGURES
from models.export import Manifest, save_model
from models.networks import EARS

THEMES = {"sea": "sea_waves", "dog": "dog"}


@pytest.fixture
def folders(shared_data: Path, tmp_path: Path) -> tuple[Path, Path]:
    """pictures/scenes/{sea,dog}/*.jpg and sounds/{sea_waves,dog}/*.ogg, three of each."""
    for name, sound in THEMES.items():
        copy(sorted((shared_data / "scenes" / name).glob("*.jpg"))[:3], tmp_path / "pictures" / "scenes" / name)
        copy(sorted((shared_data / "sounds" / sound).glob("*.ogg"))[:3], tmp_path / "sounds" / sound)
    return tmp_path / "pictures", tmp_path / "sounds"


def copy(files: list[Path], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        shutil.copy(file, folder)


def table(folder: Path, **rows: str) -> Path:
    """pairs.csv: theme="pictures|sounds"."""
    file = folder / "pairs.csv"
    file.write_text("theme,image_categories,sound_categories\n"
                    + "".join(f"{theme},{fits.replace('|', ',')}\n" for theme, fits in rows.items()))
    return file


def measure(capsys: pytest.CaptureFixture[str], *args: object) -> dict[str, Any]:
    assert main(["eval", *map(str, args), "--json"]) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    figures: dict[str, Any] = json.loads(out)
    return figures


def refusal(capsys: pytest.CaptureFixture[str], *args: object) -> str:
    assert main(["eval", *map(str, args)]) == 1
    return capsys.readouterr().err


def test_retrieval_tells_all_figures_and_draws_the_confusion(folders: tuple[Path, Path], tmp_path: Path,
                                                             capsys: pytest.CaptureFixture[str]) -> None:
    pictures, sounds = folders
    pairs = table(tmp_path, sea="scenes/sea|sea_waves", dog="scenes/dog|dog", bee="scenes/bee|bees")
    figures = measure(capsys, "retrieval", "--pictures", pictures, "--sounds", sounds, "--pairs", pairs,
                      "--figure", tmp_path / "confusion.png")
    assert set(FIGURES) <= figures.keys() and figures["chance_at_1"] == 0.5
    assert set(figures["per_category"]) == set(THEMES)
    assert set(figures["rankings"]) == {"kl", "cosine", "label", "mixture"}
    for rows in (figures["per_category"].values(), figures["rankings"].values()):
        assert all(0 <= row[name] <= 1 for row in rows for name in FIGURES)
    assert (figures["pictures"], figures["sounds"], figures["themes"]) == (6, 6, 2)
    assert figures["not_judged"] == {"themes": ["bee"], "picture_categories": [], "sound_categories": []}
    assert figures["models"]["eye"]["sha256"] == load_model(shipped_model("eye"), "eye").sha256
    # The sea and dogs are what eye and ear know best; by chance this would be 0.5.
    assert figures["precision_at_1"] > 0.6
    assert cv2.imread(str(tmp_path / "confusion.png")).std() > 10


def test_without_a_table_folders_of_equal_names_fit_and_the_rest_is_named(folders: tuple[Path, Path],
                                                                          capsys: pytest.CaptureFixture[str]) -> None:
    pictures, sounds = folders
    (pictures / "scenes" / "empty").mkdir()
    figures = measure(capsys, "retrieval", "--pictures", pictures, "--sounds", sounds)
    assert set(figures["per_category"]) == {"dog"} and figures["precision_at_1"] == 1
    assert figures["not_judged"] == {"themes": [], "picture_categories": ["scenes/sea"],
                                     "sound_categories": ["sea_waves"]}
    (sounds / "sea_waves").rename(sounds / "sea")
    assert set(measure(capsys, "retrieval", "--pictures", pictures, "--sounds", sounds)["per_category"]) == set(THEMES)


def test_broken_files_are_named_and_left_out(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    pictures, sounds = folders
    whole = sorted((pictures / "scenes" / "dog").glob("*"))
    (whole[0].parent / "text.jpg").write_text("no picture")
    (whole[0].parent / "empty.png").touch()
    (whole[0].parent / "cut.jpg").write_bytes(whole[0].read_bytes()[:500])
    cv2.imwrite(str(whole[0].parent / "grey.webp"), cv2.imread(str(whole[1]), cv2.IMREAD_GRAYSCALE))
    soundfile.write(sounds / "dog" / "silent.wav", np.zeros(16000), 16000)
    (sounds / "dog" / "noise.flac").write_bytes(bytes(range(256)))
    soundfile.write(sounds / "dog" / "none.wav", np.zeros((0, 1)), 16000)
    soundfile.write(sounds / "dog" / "surround.wav", np.random.default_rng(0).normal(0, 0.1, (8000, 6)), 8000)
    figures = measure(capsys, "retrieval", "--pictures", pictures, "--sounds", sounds)
    skipped = {Path(skip["file"]).name: skip["why"] for skip in figures["skipped"]}
    assert skipped.keys() == {"text.jpg", "empty.png", "cut.jpg", "silent.wav", "noise.flac", "none.wav"}
    assert "silent" in skipped["silent.wav"] and "not a picture" in skipped["text.jpg"]
    assert (figures["pictures"], figures["sounds"]) == (4, 4)
    assert main(["eval", "retrieval", "--pictures", str(pictures), "--sounds", str(sounds)]) == 0
    told = capsys.readouterr().out
    assert "dog" in told and "mixture" in told
    assert all(f"left out  {skip['file']}: " in told for skip in figures["skipped"])


def test_what_cannot_be_measured_is_told(folders: tuple[Path, Path], tmp_path: Path,
                                         capsys: pytest.CaptureFixture[str]) -> None:
    pictures, sounds = folders
    (tmp_path / "none").mkdir()
    bad = tmp_path / "bad" / "dog"
    bad.mkdir(parents=True)
    (bad / "a.wav").write_text("no sound")
    pairs = table(tmp_path, sea="scenes/sea|bees", bee="bees|sea_waves")
    for options, message in (
        (("--pictures", pictures / "scenes" / "sea", "--sounds", sounds), "no theme has both pictures and sounds"),
        (("--pictures", pictures, "--sounds", sounds, "--pairs", pairs), "the pictures are in the folders scenes/dog"),
        (("--pictures", tmp_path / "gone", "--sounds", sounds), "there is no such folder"),
        (("--pictures", tmp_path / "none", "--sounds", sounds), "there are no pictures"),
        (("--pictures", pictures, "--sounds", tmp_path / "bad"), "none of the 1 sounds can be used"),
        (("--pictures", pictures, "--sounds", sounds, "--held-out"), "--held-out is for the data"),
        (("--pictures", pictures, "--sounds", sounds, "--eye", shipped_model("ear")), "manifest key 'kind'"),
    ):
        assert message in refusal(capsys, "retrieval", *options), message
    with pytest.raises(SystemExit):
        main(["eval", "retrieval", "--pictures", str(pictures), "--sounds", str(sounds), "--figure", "a.txt"])


def test_held_out_keeps_what_was_never_trained_on(shared_data: Path, tmp_path: Path,
                                                  capsys: pytest.CaptureFixture[str]) -> None:
    """A theme whose only recording is trained on is no evidence; its figures stand apart."""
    for folder, categories in (("scenes", ("dog",)), ("sounds", ("dog", "bees"))):
        with open(shared_data / folder / "manifest.csv", encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["file"].split("/")[0] in categories]
        for name in categories:
            copy([shared_data / folder / row["file"] for row in rows if row["file"].startswith(f"{name}/")][:36],
                 tmp_path / folder / name)
        rows = [row for row in rows if (tmp_path / folder / row["file"]).exists()]
        with open(tmp_path / folder / "manifest.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
    pairs = table(tmp_path, dog="scenes/dog|dog", bee="scenes/dog|bees")
    every = measure(capsys, "retrieval", "--pictures", tmp_path, "--sounds", tmp_path, "--pairs", pairs)
    held = measure(capsys, "retrieval", "--pictures", tmp_path / "scenes", "--sounds", tmp_path, "--pairs", pairs,
                   "--held-out")
    assert every["pictures"] == 36 and 0 < held["pictures"] < 18
    assert set(every["per_category"]) == {"dog", "bee"} and set(held["per_category"]) == {"dog"}
    assert held["with_sole_recordings"]["themes"] == 2
    assert 0 < held["sounds"] < held["with_sole_recordings"]["sounds"] < every["sounds"]
    assert "with_sole_recordings" not in every
    other = measure(capsys, "retrieval", "--pictures", tmp_path / "scenes", "--sounds", tmp_path, "--pairs", pairs,
                    "--held-out", "--fold", 3)
    assert other["sounds"] == sum(s.held_out and not s.sole for s in read_sounds(tmp_path, 3)) != held["sounds"]
    assert "expected --held-out" in refusal(capsys, "retrieval", "--pictures", tmp_path, "--sounds", tmp_path,
                                            "--fold", 3)


def test_the_ear_is_probed_by_folds_on_the_features_that_its_file_gives(shared_data: Path, tmp_path: Path,
                                                                        capsys: pytest.CaptureFixture[str]) -> None:
    with open(shared_data / "sounds" / "manifest.csv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["source"].startswith("karoldvl/ESC-10")]
    esc = tmp_path / "esc"
    for name, title in (("dog", "001 - Dog bark"), ("sea_waves", "003 - Sea waves")):
        for fold in "123":
            chosen = [r for r in rows if r["file"].startswith(f"{name}/") and Path(r["original"]).name[0] == fold][:3]
            (esc / title).mkdir(parents=True, exist_ok=True)
            for row in chosen:
                shutil.copy(shared_data / "sounds" / row["file"], esc / title / Path(row["original"]).name)
    ear = tmp_path / "logmel.ts"
    classes = list(load_model(shipped_model("eye"), "eye").classes)
    save_model(EARS["logmel"](), Manifest("ear", "untrained", classes, 128, "nothing", "", {}, "", rate=16000), ear)
    figures = measure(capsys, "ear", "--esc", esc, "--ear", ear, "--figure", tmp_path / "ear.png")
    assert figures["representation"] == "features of the trunk, 192 values" and figures["training_data"] == "nothing"
    assert figures["classes"] == ["dog_bark", "sea_waves"]
    assert [fold["fold"] for fold in figures["folds"]] == [1, 2, 3] and figures["clips"] == 18
    assert figures["accuracy"] == pytest.approx(np.mean([f["accuracy"] for f in figures["folds"]]), abs=1e-4)
    assert figures["sd"] >= 0 and np.sum(figures["confusion"]) == 18
    assert figures["accuracy"] > 0.6  # even untrained features tell barks from waves
    assert (tmp_path / "ear.png").stat().st_size > 0
    assert main(["eval", "ear", "--esc", str(esc), "--ear", str(ear)]) == 0
    told = capsys.readouterr().out
    assert f"{figures['accuracy']:.1%}" in told and "trained on: nothing" in told
    assert "is not ESC" in refusal(capsys, "ear", "--esc", tmp_path)


def test_the_teacher_is_compared_on_real_photographs(shared_data: Path, folders: tuple[Path, Path],
                                                     capsys: pytest.CaptureFixture[str]) -> None:
    pictures, _ = folders
    copy(sorted((shared_data / "miniplaces" / "kitchen").glob("*.webp"))[:4], pictures / "kitchen")
    figures = measure(capsys, "teacher", "--pictures", pictures, "--teacher", shared_data / "places365")
    assert figures["pictures"] == 10 and figures["accuracy"]["pictures"] == 4
    assert 0 <= figures["top1_agreement"] <= figures["top5_agreement"] <= 1 and figures["kl"] > 0
    assert figures["models"]["teacher"]["name"] == "squeezenet-places365"
    same = measure(capsys, "teacher", "--pictures", pictures, "--teacher", shipped_model("eye"))
    assert (same["top1_agreement"], same["kl"]) == (1, 0)
    assert same["accuracy"]["eye"] == same["accuracy"]["teacher"]
    assert main(["eval", "teacher", "--pictures", str(pictures), "--teacher", str(shipped_model("eye"))]) == 0
    assert "100.0%" in capsys.readouterr().out
    assert "places365.safetensors" in refusal(capsys, "teacher", "--pictures", pictures, "--teacher", pictures)


def test_figures_are_recorded_in_the_model_files(folders: tuple[Path, Path], tmp_path: Path,
                                                 capsys: pytest.CaptureFixture[str]) -> None:
    pictures, sounds = folders
    weights = shipped_model("eye").parent
    copy([weights / name for name in ("eye.ts", "ear.ts", "manifest.json")], tmp_path / "own")
    files = {kind: tmp_path / "own" / f"{kind}.ts" for kind in ("eye", "ear")}
    figures = measure(capsys, "retrieval", "--pictures", pictures, "--sounds", sounds, "--eye", files["eye"],
                      "--ear", files["ear"], "--record")
    for kind in ("eye", "ear"):
        model = load_model(files[kind], kind)  # the index beside it knows the new checksum
        assert model.manifest["metrics"]["retrieval"]["rankings"] == figures["rankings"]
        earlier = load_model(shipped_model(kind), kind).manifest["metrics"]
        assert {**earlier, "retrieval": model.manifest["metrics"]["retrieval"]} == model.manifest["metrics"]
