"""What is walked through: a folder of panoramas, a list of them, and everything that can be wrong in a list."""

from pathlib import Path

import pytest

from bridge.walk.listed import read_list
from bridge.walk.places import Link, Place, Walk, azimuth_to, ids_of, walk_in
from engine.errors import UserError


def folder_of(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def listed(folder: Path, text: str, *names: str) -> Walk:
    folder_of(folder, *names)
    (folder / "walk.toml").write_text(text)
    return read_list(folder / "walk.toml")


def links(walk: Walk) -> dict[str, dict[str, float]]:
    return {place.id: {link.to: link.azimuth for link in place.links} for place in walk.places}


def test_a_folder_is_walked_along_in_the_order_in_which_people_count(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "Lake", "pier10.jpg", "pier2.JPG", "notes.txt", ".hidden.jpg", "a_hut.png")
    walk = walk_in(folder)
    assert walk.title == "Lake" and [place.title for place in walk.places] == ["a hut", "pier2", "pier10"]
    assert links(walk) == {"a-hut": {"pier2": 0}, "pier2": {"pier10": 0, "a-hut": 180}, "pier10": {"pier2": 180}}
    assert links(walk.without({"pier2"})) == {"a-hut": {"pier10": 0}, "pier10": {"a-hut": 180}}
    with pytest.raises(UserError, match=r"there are no pictures; expected equirectangular panoramas"):
        walk_in(folder_of(tmp_path / "empty", "notes.txt"))


def test_positions_and_headings_say_where_links_lie(tmp_path: Path) -> None:
    def seen(heading: float, east: float, north: float) -> float | None:
        here = Place("a", "", Path("a"), position=(1, 1), heading=heading)
        return azimuth_to(here, Place("b", "", Path("b"), position=(1 + east, 1 + north)))

    assert seen(0, 0, 5) == 0 and seen(0, 5, 0) == -90 and seen(0, -5, 0) == 90 and seen(0, 0, -5) == 180
    assert seen(90, 5, 0) == 0 and seen(90, 0, 5) == 90 and seen(350, 0, 5) == -10 and seen(-90, 0, -5) == 90
    assert seen(0, 0, 0) is None
    walk = listed(tmp_path, """
        title = "Along the lake"
        [[panoramas]]
        picture = "pier.jpg"
        title = "The pier"
        position = [0, 0]
        heading = 90
        links = ["hut", {to = "Tower", azimuth = -190}]
        licence = "CC0"
        [[panoramas]]
        picture = "hut.jpg"
        position = [0, 10.5]
        links = ["The pier"]
        [[panoramas]]
        picture = "tower.jpg"
        title = "Tower"
    """, "pier.jpg", "hut.jpg", "tower.jpg")
    assert walk.title == "Along the lake" and not walk.path
    assert links(walk) == {"the-pier": {"hut": 90, "tower": 170}, "hut": {"the-pier": 180}, "tower": {}}
    assert walk.places[0].licence == "CC0" and walk.without({"hut"}).places[0].links == (Link("tower", 170),)


def test_a_list_without_links_is_a_path_that_follows_the_positions(tmp_path: Path) -> None:
    walk = listed(tmp_path, """
        [[panoramas]]
        picture = "b.jpg"
        position = [0, 0]
        [[panoramas]]
        picture = "a.jpg"
        position = [7, 0]
        [[panoramas]]
        picture = "c.jpg"
    """, "a.jpg", "b.jpg", "c.jpg")
    assert links(walk) == {"b": {"a": -90}, "a": {"c": 0, "b": 90}, "c": {"a": 180}}


def test_licence_and_source_come_from_what_lies_beside_the_pictures(tmp_path: Path) -> None:
    folder_of(tmp_path / "far", "x.jpg")
    (tmp_path / "far" / "LICENCE").write_text("CC BY 4.0\nlong text")
    (tmp_path / "manifest.csv").write_text("file,original,source,licence\na.jpg,IMG_1,Ann,CC0\n")
    walk = listed(tmp_path, """
        [[panoramas]]
        picture = "a.jpg"
        [[panoramas]]
        picture = "far/x.jpg"
        source = "Ben"
    """, "a.jpg")
    assert [(place.licence, place.source) for place in walk.places] == [("CC0", "Ann: IMG_1"), ("CC BY 4.0", "Ben")]


def test_everything_that_is_wrong_is_said_at_once_with_key_and_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(UserError) as told:
        listed(tmp_path, """
            titel = "x"
            [[panoramas]]
            picture = "gone.jpg"
            position = [0]
            heading = true
            links = [{from = "b"}]
            [[panoramas]]
            title = 3
            [[panoramas]]
            picture = "a.jpg"
            position = [nan, 1]
            [[panoramas]]
            picture = "a.jpg"
            heading = 1000
        """, "a.jpg")
    file = tmp_path / "walk.toml"
    assert str(told.value).splitlines() == [
        f'{file}: titel = "x": there is no such key; the nearest is title',
        f'{file}: panoramas[0].picture = "gone.jpg": there is no such file; expected a picture, relative to {tmp_path}',
        f"{file}: panoramas[0].position = [0]: expected [EAST, NORTH] in metres, such as [0, 12.5]",
        f"{file}: panoramas[0].heading = true: expected a number from -360 to 360 degrees",
        f'{file}: panoramas[0].links = [{{"from": "b"}}]: expected a name, or a table such as '
        '{to = "Cabin", azimuth = 90}',
        f"{file}: panoramas[1].title = 3: expected text in quotes",
        f"{file}: panoramas[2].position = [NaN, 1]: expected [EAST, NORTH] in metres, such as [0, 12.5]",
        f"{file}: panoramas[3].heading = 1000: expected a number from -360 to 360 degrees",
        f'{file}: panoramas[1] = {{"title": 3}}: expected the key picture',
        f'{file}: panoramas[3].picture = "a.jpg": expected each picture once',
    ]


def test_links_that_lead_nowhere_or_have_no_direction_are_said(tmp_path: Path) -> None:
    with pytest.raises(UserError) as told:
        listed(tmp_path, """
            [[panoramas]]
            picture = "a.jpg"
            title = "Hut"
            links = ["Hat", "Hut", "b", "Twin", {to = "b", azimuth = 5}]
            [[panoramas]]
            picture = "b.jpg"
            links = [{to = "a.jpg", azimuth = 5}, {to = "Hut", azimuth = 6}]
            [[panoramas]]
            picture = "c.jpg"
            title = "Twin"
            [[panoramas]]
            picture = "d.jpg"
            title = "Twin"
        """, "a.jpg", "b.jpg", "c.jpg", "d.jpg")
    faults = [line.removeprefix(f"{tmp_path / 'walk.toml'}: panoramas") for line in str(told.value).splitlines()]
    assert faults == [
        '[0].links[0] = "Hat": there is no such panorama; the nearest is "Hut"',
        '[0].links[1] = "Hut": expected each of the other panoramas once at most',
        '[0].links[2] = "b": expected different positions of both panoramas, or the azimuth: {to = "b", azimuth = 90} '
        '(degrees, 90 is left)',
        '[0].links[3] = "Twin": several panoramas are called so; expected the name of a picture',
        '[1].links[1] = "Hut": expected each of the other panoramas once at most',
    ]


@pytest.mark.parametrize(("text", "why"), [
    ("", "expected panoramas, such as"), ("panoramas = 3", "expected tables, such as"),
    ("[[panoramas", "is not TOML"), ("panoramas = []", "expected tables"), ("a = 1" + "0" * 5000, "is not TOML"),
    ("#" + "x" * (1 << 20), "is larger than")])
def test_what_is_no_list_is_refused(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(UserError, match=why):
        listed(tmp_path, text)


def test_no_title_makes_an_id_that_is_more_than_a_name() -> None:
    titles = ["../../etc/passwd", '"><script>', "Café", "cafe", "海", "", "a" * 300, "CON", "\udcff\0x", "-", "a.b"]
    ids = ids_of(titles)
    assert ids == ["etc-passwd", "script", "cafe", "cafe-2", "place", "place-2", "a" * 40, "con", "x", "place-3", "a-b"]
