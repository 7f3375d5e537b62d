"""`phonoscope imagine`: its JSON, pictures of every kind, and the soundscape that it writes."""

import json
import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import soundfile

from bridge.cli import main
from engine.indexing import index
from engine.modelfile import load_model, shipped_model
from engine.sight.match import BALANCE
from tests.engine.sounds import BrightnessEar, folder_of_sounds
from tests.imagining import PlacesEar, picture


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("imagine")
    index(folder_of_sounds(folder / "sounds"), folder / "library", PlacesEar())
    return folder / "library"


def imagine(capsys: pytest.CaptureFixture[str], *args: object, status: int = 0) -> list[dict[str, Any]]:
    assert main(["imagine", *map(str, args), "--json"]) == status
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    pictures: list[dict[str, Any]] = json.loads(out)["pictures"]
    return pictures


def test_the_best_clips_come_first_with_class_score_and_kl(tmp_path: Path, library: Path,
                                                           capsys: pytest.CaptureFixture[str]) -> None:
    sea, meadow = picture(tmp_path / "sea.png", (130, 80, 20)), picture(tmp_path / "meadow.jpg")
    told = imagine(capsys, meadow, sea, "--library", library)
    assert [one["picture"] for one in told] == [str(meadow), str(sea)]
    sounds = library.parent / "sounds"
    for one in told:
        assert len(one["scene"]) == 5 and len(one["matches"]) == 4
        assert [place["p"] for place in one["scene"]] == sorted((place["p"] for place in one["scene"]), reverse=True)
        assert [match["distance"] for match in one["matches"]] == sorted(match["distance"] for match in one["matches"])
        assert [match["score"] for match in one["matches"]] == sorted(
            (match["score"] for match in one["matches"]), reverse=True)
        assert {(Path(match["clip"]).relative_to(sounds).as_posix(), match["class"]) for match in one["matches"]} == {
            ("birds/high.flac", "birds"), ("sea/deep.wav", "sea"), ("sea/low.wav", "sea"), ("top.ogg", "")}
        for match in one["matches"]:
            assert match["kl"] >= 0 and -1 <= match["cosine"] <= 1
            assert match["distance"] == pytest.approx(match["kl"] + BALANCE * (1 - match["cosine"]))
            assert match["score"] == pytest.approx(math.exp(-match["distance"]))


def test_the_kl_is_the_one_of_the_definition(tmp_path: Path, library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from engine.library import Library
    from engine.sight.pictures import read_picture

    sea = picture(tmp_path / "sea.png", (130, 80, 20))
    opened = Library.open(library)
    log_p = load_model(shipped_model("eye"), "eye").run(read_picture(sea)[None])[0][0].astype(np.float64)
    kl = (np.exp(log_p) * (log_p - opened.log_q)).sum(axis=1)
    (told,) = imagine(capsys, sea, "--library", library)
    for match in told["matches"]:
        row = [str(clip.file) for clip in opened.clips].index(match["clip"])
        assert match["kl"] == pytest.approx(kl[row], abs=1e-3)


def test_top_limits_the_list(tmp_path: Path, library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    meadow = picture(tmp_path / "meadow.jpg")
    for top, count in ((1, 1), (3, 3), (99, 4)):
        assert len(imagine(capsys, meadow, "--library", library, "--top", top)[0]["matches"]) == count
    with pytest.raises(SystemExit):
        main(["imagine", str(meadow), "--top", "0"])


def test_within_names_all_that_are_near_and_no_other(tmp_path: Path, library: Path,
                                                     capsys: pytest.CaptureFixture[str]) -> None:
    meadow = picture(tmp_path / "meadow.jpg")
    matches = imagine(capsys, meadow, "--library", library, "--top", 99)[0]["matches"]
    radius = (matches[0]["distance"] + matches[-1]["distance"]) / 2
    near = [match for match in matches if match["distance"] <= radius]
    assert 0 < len(near) < len(matches)
    assert imagine(capsys, meadow, "--library", library, "--within", radius)[0]["matches"] == near
    assert imagine(capsys, meadow, "--library", library, "--within", radius, "--top", 1)[0]["matches"] == near[:1]
    assert imagine(capsys, meadow, "--library", library, "--within", 0)[0]["matches"] == []
    for wrong in ("-1", "nan", "inf", "near"):
        with pytest.raises(SystemExit):
            main(["imagine", str(meadow), f"--within={wrong}"])


def test_pictures_of_every_kind_are_read(tmp_path: Path, library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = cv2.imread(str(picture(tmp_path / "a.png")))
    cv2.imwrite(str(tmp_path / "grey.png"), image[:, :, 1])
    cv2.imwrite(str(tmp_path / "alpha.png"), np.dstack([image, np.full(image.shape[:2], 128, np.uint8)]))
    cv2.imwrite(str(tmp_path / "deep.png"), image.astype(np.uint16) * 257)
    cv2.imwrite(str(tmp_path / "a.webp"), image)
    cv2.imwrite(str(tmp_path / "tiny.png"), image[:3, :5])
    names = ["a.png", "grey.png", "alpha.png", "deep.png", "a.webp", "tiny.png"]
    told = imagine(capsys, *(tmp_path / name for name in names), "--library", library)
    assert all(len(one["matches"]) == 4 for one in told)
    scenes = {name: one["scene"] for name, one in zip(names, told, strict=True)}
    assert scenes["a.png"] == scenes["alpha.png"] == scenes["deep.png"] != scenes["grey.png"]


def test_a_turned_picture_is_seen_upright(tmp_path: Path, library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A JPEG whose EXIF tag says "turn by 180 degrees" is seen like the turned picture."""
    image = cv2.imread(str(picture(tmp_path / "a.png")))
    cv2.imwrite(str(tmp_path / "upright.jpg"), image[::-1, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 100])
    cv2.imwrite(str(tmp_path / "plain.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, 100])
    body = (tmp_path / "plain.jpg").read_bytes()
    tiff = b"MM\0*\0\0\0\x08" + b"\0\x01" + b"\x01\x12\0\x03\0\0\0\x01\0\x03\0\0" + bytes(4)
    exif = b"\xff\xe1" + (8 + len(tiff)).to_bytes(2, "big") + b"Exif\0\0" + tiff
    (tmp_path / "turned.jpg").write_bytes(body[:2] + exif + body[2:])
    plain, turned, upright = imagine(capsys, *(tmp_path / f"{name}.jpg" for name in ("plain", "turned", "upright")),
                                     "--library", library)
    top = upright["scene"][0]
    assert turned["scene"][0]["class"] == top["class"]
    assert turned["scene"][0]["p"] == pytest.approx(top["p"], rel=0.02)
    assert plain["matches"][0]["kl"] != pytest.approx(upright["matches"][0]["kl"], rel=0.02)


def test_a_broken_picture_is_told_and_the_others_are_imagined(tmp_path: Path, library: Path,
                                                              capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "empty.png").touch()
    meadow = picture(tmp_path / "meadow.jpg")
    files = [tmp_path / "text.jpg", meadow, tmp_path / "empty.png", tmp_path / "gone.jpg"]
    told = imagine(capsys, *files, "--library", library, status=1)
    assert [one["picture"] for one in told] == [str(file) for file in files]
    assert [len(one["matches"]) for one in told] == [0, 4, 0, 0]
    for one in (told[0], told[2], told[3]):
        assert one["picture"] in one["error"]
    assert "error" not in told[1]


def test_without_json_a_person_can_read_it(tmp_path: Path, library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    meadow = picture(tmp_path / "[meadow].jpg")
    assert main(["imagine", str(meadow), "--library", str(library)]) == 0
    out = capsys.readouterr().out
    assert "[meadow].jpg" in out and "birds" in out and "%" in out


def test_the_soundscape_is_written_and_the_same_each_time(tmp_path: Path, library: Path,
                                                          capsys: pytest.CaptureFixture[str],
                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.imagine.SECONDS", 5.0)
    meadow, sea = picture(tmp_path / "meadow.jpg"), picture(tmp_path / "sea.png", (130, 80, 20))
    for name in ("a.wav", "b.wav"):
        imagine(capsys, meadow, sea, "--library", library, "--out", tmp_path / name)
    samples, rate = soundfile.read(tmp_path / "a.wav")
    assert rate == 48000 and samples.shape == (10 * rate, 2)
    assert 1e-3 < np.abs(samples).max() <= 10 ** (-1 / 20)
    level = np.sqrt((samples.reshape(10, rate, 2) ** 2).mean(axis=(1, 2)))
    assert level[1:8].min() > 0.2 * level.max() and np.abs(samples[-100:]).max() < 0.01
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


def test_what_cannot_be_used_is_told(tmp_path: Path, library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    meadow = picture(tmp_path / "meadow.jpg")
    for options, message in (
        (("--library", tmp_path), "is not a library"),
        (("--library", library, "--out", tmp_path / "nowhere" / "a.wav"), "can't be written"),
        (("--library", library, "--out", tmp_path / "a.txt"), "expected a name that ends in .wav"),
    ):
        assert main(["imagine", str(meadow), *map(str, options)]) == 1
        assert message in capsys.readouterr().err


def test_a_library_of_other_classes_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index(folder_of_sounds(tmp_path / "sounds"), tmp_path / "library", BrightnessEar())
    assert main(["imagine", str(picture(tmp_path / "a.png")), "--library", str(tmp_path / "library")]) == 1
    assert "other scene classes" in capsys.readouterr().err
