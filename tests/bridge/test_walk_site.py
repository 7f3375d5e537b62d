"""A walk's site: what is in it is what the engine says, and nothing else in its folder is ever touched."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bridge.walk.folder import BOOK
from bridge.walk.places import Walk, walk_in
from bridge.walk.site import Built, build
from engine.around import Around
from engine.audiofile import decode
from engine.errors import UserError
from engine.excerpt import LEAD_S, loop_seconds, looped
from engine.library import Library
from engine.nearest import Nearest
from engine.sight.match import MIXTURE
from engine.sight.panorama import shown
from engine.sight.pictures import read_picture
from engine.sight.views import views_of
from engine.voice.level import LOUDNESS, loudness
from tests.bridge import walks
from tests.engine.seeing import CLASSES, ColourEye


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return walks.library(tmp_path_factory.mktemp("walk"))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return walks.save(tmp_path / "pictures", pier=(0, 1, 2, 3), yard=(3, 3, 3, 2))


def quietly(done: int, steps: int, what: str) -> None:
    assert 0 <= done <= steps


def built(walk: Walk, library: Library, site: Path) -> tuple[Built, dict[str, Any]]:
    result = build(walk, library, ColourEye(), site, quietly)
    return result, json.loads((site / "walk.json").read_text())


def state_of(folder: Path) -> dict[str, tuple[bytes, int]]:
    """The content and the time of all files."""
    return {file.relative_to(folder).as_posix(): (file.read_bytes(), file.stat().st_mtime_ns)
            for file in folder.rglob("*") if file.is_file()}


def test_the_rows_are_what_the_engine_sees_and_hears(library: Library, pictures: Path, tmp_path: Path) -> None:
    result, told = built(walk_in(pictures), library, tmp_path / "site")
    assert (told["format"], told["title"], told["first"]) == (1, "pictures", "pier")
    assert told["ranking"] == {"kl": MIXTURE.kl, "cosine": MIXTURE.cosine}
    rows = np.fromfile(tmp_path / "site" / "features.f32", "<f4").reshape(-1, told["classes"] + told["dimensions"])
    clips = rows[:len(told["clips"])]
    np.testing.assert_array_equal(clips, np.concatenate([library.log_q, library.embedding], axis=1)[list(result.clips)])
    assert [clip["title"] for clip in told["clips"]] == [library.clips[i].title for i in result.clips]
    directions = iter(rows[len(clips):])
    for place in told["panoramas"]:
        panorama = read_picture(pictures / f"{place['id']}.jpg")
        assert [one["azimuth"] for one in place["directions"]] == [0, 90, 180, -90]
        for one, view in zip(place["directions"], views_of(["panorama:x"]), strict=True):
            p, embedding = ColourEye().see(shown(panorama, view))
            row = next(directions)
            np.testing.assert_allclose(np.exp(row[:len(CLASSES)]), p, rtol=1e-5)
            np.testing.assert_array_equal(row[len(CLASSES):], embedding)
            assert one["scene"][0] == {"class": CLASSES[p.argmax()], "p": pytest.approx(p.max(), abs=1e-4)}
            assert len(one["scene"]) == 3
    assert next(directions, None) is None
    assert [one["scene"][0]["class"] for one in told["panoramas"][0]["directions"]] == list(CLASSES)


def test_ranking_the_rows_gives_what_the_engine_retrieves(library: Library, pictures: Path, tmp_path: Path) -> None:
    result, told = built(walk_in(pictures), library, tmp_path / "site")
    rows = np.fromfile(tmp_path / "site" / "features.f32", "<f4").reshape(-1, told["classes"] + told["dimensions"])
    count, classes = len(told["clips"]), told["classes"]
    nearest = Nearest(library.log_q, library.embedding, MIXTURE)
    for row, one in zip(rows[count:].astype(float), (one for around in result.around for one in around), strict=True):
        p = np.exp(row[:classes])
        kl = (p * (row[:classes] - rows[:count, :classes])).sum(axis=1)
        distance = told["ranking"]["kl"] * kl + told["ranking"]["cosine"] * (1 - rows[:count, classes:] @ row[classes:])
        found = nearest.query(one.p, one.embedding, 5)
        best = np.argsort(distance, kind="stable")[:5]
        assert [result.clips[i] for i in best] == found.row.tolist() == [match.clip for match in one.matches[:5]]
        np.testing.assert_allclose(distance[best], found.distance, rtol=1e-4, atol=1e-5)


def test_only_clips_that_are_among_the_best_somewhere_are_in_it(library: Library, tmp_path: Path,
                                                                monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.walk.site.FEW", 2)
    monkeypatch.setattr("engine.around.CATEGORIES", 1)
    told = built(walk_in(walks.save(tmp_path / "pictures", yard=(3, 3, 3, 2))), library, tmp_path / "site")[1]
    assert {clip["category"] for clip in told["clips"]} == {"street", "church"} and len(told["clips"]) == 4
    assert {clip["licence"] for clip in told["clips"]} == {"CC0"}
    assert sorted(f"sounds/{file.name}" for file in (tmp_path / "site" / "sounds").iterdir()) == sorted(
        clip["sound"] for clip in told["clips"])


def test_many_clips_of_one_kind_do_not_keep_the_next_kinds_out(library: Library) -> None:
    for one in Around(ColourEye(), library).look(walks.panorama((0, 1, 2, 3)), "pier", 1):
        assert len({match.label for match in one.matches}) == 3
        by_definition = Nearest(library.log_q, library.embedding, MIXTURE).query(one.p, one.embedding, 8)
        categories = [library.clips[row].category for row in by_definition.row]
        firsts = [row for i, row in enumerate(by_definition.row) if categories[i] not in categories[:i]]
        assert [match.clip for match in one.matches] == firsts[:3]


def test_a_sound_goes_round_without_a_seam_wherever_its_decoder_begins(library: Library, tmp_path: Path) -> None:
    for longest in (0.5, 20.0):
        (tmp_path / "loop.mp3").write_bytes(looped(library, 0, longest))
        samples, rate = decode(tmp_path / "loop.mp3")
        seconds = loop_seconds(tmp_path / "loop.mp3")
        assert seconds == pytest.approx(library.clips[0].seconds - 0.05 if longest > 1 else 1.125, abs=0.01)
        assert len(samples) == round((seconds + 2 * LEAD_S) * rate)
        period, mono = round(seconds * rate), samples[:, 0]
        begin = round(LEAD_S * rate)
        for late in (0, 1105, 1105 + 529):  # what decoders leave of the encoder's delay
            again = mono[begin + late + period:][:500]
            np.testing.assert_allclose(again, mono[begin + late:][:500], atol=1e-5)
        assert loudness(mono[begin:begin + period], rate) == pytest.approx(LOUDNESS, abs=0.5)


def test_pictures_are_small_enough_for_phones_and_say_nothing_of_the_camera(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    exif = Image.Exif()
    exif[271] = "Secret Camera"
    Image.fromarray(walks.panorama(height=2560)).save(folder / "large.jpg", exif=exif)
    told = built(walk_in(folder), library, tmp_path / "site")[1]
    with Image.open(tmp_path / "site" / told["panoramas"][0]["picture"]) as picture:
        assert picture.format == "JPEG" and picture.size == (4096, 2048) and not picture.getexif()


def test_a_second_export_makes_only_what_is_new_and_removes_only_its_own(library: Library, pictures: Path,
                                                                         tmp_path: Path) -> None:
    site = tmp_path / "site"
    built(walk_in(pictures), library, site)
    (site / "CNAME").write_text("walk.example")
    (site / "panoramas" / "mine.jpg").write_text("a stranger's")
    before = state_of(site)
    (pictures / "yard.jpg").unlink()
    walks.save(pictures, hut=(1, 1, 1, 1))
    told = built(walk_in(pictures), library, site)[1]
    after = state_of(site)
    assert after["CNAME"] == before["CNAME"] and after["panoramas/mine.jpg"] == before["panoramas/mine.jpg"]
    assert not [name for name in after if "yard" in name] and [place["id"] for place in told["panoramas"]] == [
        "hut", "pier"]
    kept = [name for name in before if name.startswith(("panoramas/pier", "sounds/"))]
    assert len(kept) == 9 and all(after[name] == before[name] for name in kept), "what is there is not made again"
    assert {name for name in after if name.startswith("panoramas/")} == {
        "panoramas/mine.jpg", *(place["picture"] for place in told["panoramas"])}


def test_a_strangers_file_in_the_way_ends_the_export_before_anything_is_lost(library: Library, pictures: Path,
                                                                             tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "walk.json").write_text("my diary")
    with pytest.raises(UserError, match=r"walk\.json: is no file of a walk and would be lost"):
        build(walk_in(pictures), library, ColourEye(), site, quietly)
    assert (site / "walk.json").read_text() == "my diary" and not list(site.glob("*.html"))


def test_an_interrupted_export_leaves_the_old_site_whole_and_is_taken_up(library: Library, pictures: Path,
                                                                         tmp_path: Path) -> None:
    site = tmp_path / "site"

    def until(step: int) -> Callable[[int, int, str], None]:
        def progress(done: int, steps: int, what: str) -> None:
            if done == step:
                raise KeyboardInterrupt
        return progress

    with pytest.raises(KeyboardInterrupt):
        build(walk_in(pictures), library, ColourEye(), site, until(4))
    half = {name: state for name, state in state_of(site).items() if name.startswith(("sounds/", "panoramas/"))}
    assert not (site / "walk.json").exists() and len(half) == 4, "it does not look whole"
    (site / "sounds" / f".{next(iter((site / 'sounds').iterdir())).name}.4711").write_bytes(b"of a killed run")
    built(walk_in(pictures), library, site)
    whole = state_of(site)
    assert half.items() <= whole.items() and not [name for name in whole if "4711" in name]
    walks.save(pictures, another=(2, 2, 2, 2))
    with pytest.raises(KeyboardInterrupt):
        build(walk_in(pictures), library, ColourEye(), site, until(3))
    interrupted = state_of(site)
    assert {name: interrupted[name] for name in whole if name != BOOK} == {
        name: whole[name] for name in whole if name != BOOK}, "the old site is whole"


@pytest.mark.parametrize("book", ['["../../victim.txt"]', '["/victim.txt", "sounds/../../victim.txt", ".."]'])
def test_a_book_that_somebody_wrote_reaches_nothing_outside(library: Library, tmp_path: Path, book: str) -> None:
    victim = tmp_path / "victim.txt"
    victim.write_text("alive")
    site = tmp_path / "deep" / "site"
    site.mkdir(parents=True)
    (site / BOOK).write_text(book)
    built(walk_in(walks.save(tmp_path / "pictures", pier=(0, 0, 0, 0))), library, site)
    assert victim.read_text() == "alive"


def test_a_damaged_book_is_said(library: Library, pictures: Path, tmp_path: Path) -> None:
    (tmp_path / BOOK).write_text("{")
    with pytest.raises(UserError, match="is damaged; expected a list of the site's files"):
        build(walk_in(pictures), library, ColourEye(), tmp_path, quietly)


def test_names_that_try_to_be_more_stay_text(library: Library, tmp_path: Path) -> None:
    hostile = '<img src=x onerror=alert(1)>"&\'\\.. ..\N{RIGHT-TO-LEFT OVERRIDE}'
    folder = tmp_path / "pictures"
    folder.mkdir()
    Image.fromarray(walks.panorama()).save(folder / f"{hostile}.jpg")
    told = built(walk_in(folder), library, tmp_path / "site")[1]
    place = told["panoramas"][0]
    assert place["title"] == hostile and place["id"] == "img-src-x-onerror-alert-1"
    assert (tmp_path / "site" / place["picture"]).is_file()
    for name in [place["picture"], *(clip["sound"] for clip in told["clips"])]:
        assert all(letter.isalnum() or letter in "-./" for letter in name) and ".." not in name


def test_what_can_not_be_used_is_left_out_and_told(library: Library, tmp_path: Path) -> None:
    folder = walks.save(tmp_path / "pictures", a=(0, 0, 0, 0), d=(1, 1, 1, 1))
    (folder / "b.jpg").write_bytes(b"no picture")
    Image.new("RGB", (300, 200)).save(folder / "c.png")
    result, told = built(walk_in(folder), library, tmp_path / "site")
    assert [place["id"] for place in told["panoramas"]] == ["a", "d"]
    assert told["panoramas"][0]["links"] == [{"to": "d", "azimuth": 0.0}]
    assert [file.name for file, _ in result.left_out] == ["b.jpg", "c.png"]
    assert "300 x 200 pixels is no panorama; expected one twice as wide" in result.left_out[1][1]
    for file in folder.glob("*.jpg"):
        file.unlink()
    with pytest.raises(UserError, match="there is no panorama to walk through"):
        built(walk_in(folder), library, tmp_path / "other")
    assert not (tmp_path / "other" / "walk.json").exists()


def test_a_clip_whose_sound_is_gone_is_left_out(tmp_path: Path) -> None:
    library = walks.library(tmp_path)
    library.clips[0].audio.unlink()
    result, told = built(walk_in(walks.save(tmp_path / "pictures", pier=(0, 1, 2, 3))), library, tmp_path / "site")
    assert [file for file, _ in result.left_out] == [library.clips[0].file] and len(told["clips"]) == 7
    rows = np.fromfile(tmp_path / "site" / "features.f32", "<f4").reshape(7 + 4, -1)
    np.testing.assert_array_equal(rows[:7, :4], library.log_q[1:])


def test_two_exports_into_one_folder_do_not_mix(library: Library, pictures: Path, tmp_path: Path) -> None:
    def meanwhile(done: int, steps: int, what: str) -> None:
        with pytest.raises(UserError, match="another run is building this site"):
            build(walk_in(pictures), library, ColourEye(), tmp_path / "site", quietly)

    build(walk_in(pictures), library, ColourEye(), tmp_path / "site", meanwhile)


def test_real_panoramas_look_and_sound_of_what_is_around(shared_data: Path) -> None:
    from engine.library import shipped_library
    from engine.modelfile import load_model, shipped_model
    from engine.sight.eye import Eye

    around = Around(Eye(load_model(shipped_model("eye"), "eye")), Library.open(shipped_library()))
    heard = {name: [one.matches[0].label for one in around.look(
        read_picture(shared_data / "panoramas" / f"{name}.jpg"), name, 1)] for name in ("sea_sunset", "forest_trees")}
    assert heard["sea_sunset"].count("sea_waves") >= 2
    assert set(heard["forest_trees"]) <= {"birds_forest", "night_insects"}
    walk = walk_in(shared_data / "panoramas")
    assert [place.source.partition(":")[0] for place in walk.places if place.id == "rocky-lake-shore"] == [
        "mpetroff/pannellum"]
