"""Layouts: what may be written, and how a direction reaches the channels of each."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.errors import UserError
from engine.sound.spatial import AMBISONIC, BINAURAL, LAYOUTS, STEPS, STEREO, Layout, gain_table, parse_layout

DIRECTIONS = np.linspace(-180, 180, STEPS + 1)
LOUDSPEAKERS = ["mono", "stereo", "quad", "5.1", "ring8", "90 -90", "0 180", "30 -30 110", "0 100 -169.5", "0 2 4",
                "0 179 -92", "-170 170", "0,22.5,45,67.5,90,112.5,135,157.5,180,-157.5,-135,-112.5,-90,-67.5,-45,-22.5"]


def unit(azimuth: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return the unit vectors (ahead, left) [..., 2] of azimuths in degrees."""
    return np.stack([np.cos(np.radians(azimuth)), np.sin(np.radians(azimuth))], -1)


def gains(layout: Layout, direction: float) -> NDArray[np.float32]:
    """Return the gains of a direction that is a row of the table."""
    return gain_table(layout)[round((direction + 180) * STEPS / 360)]


def velocity(layout: Layout, table: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the velocity vectors [rows, 2]: where low sounds come from, and how sharply (length 1: from one point)."""
    used = [c for c, azimuth in enumerate(layout.azimuths) if azimuth is not None]
    where = unit(np.array([layout.azimuths[c] for c in used], float))
    return table[:, used] @ where / table[:, used].sum(1, keepdims=True)


@pytest.mark.parametrize(("spec", "azimuths"), [
    ("mono", (0,)), ("stereo", (30, -30)), ("quad", (45, -45, 135, -135)), ("5.1", (30, -30, 0, None, 110, -110)),
    ("ring8", (0, -45, -90, -135, 180, 135, 90, 45)), (" Quad ", (45, -45, 135, -135)),
    ("30 -30 110 -110", (30, -30, 110, -110)), ("-15.5,20", (-15.5, 20)), ("0 270 -180, 90", (0, -90, 180, 90)),
])
def test_loudspeakers_stand_where_the_layout_says(spec: str, azimuths: tuple[float | None, ...]) -> None:
    layout = parse_layout(spec)
    assert layout.azimuths == azimuths
    assert layout.channels == layout.bus == len(azimuths)
    assert parse_layout(layout.name) == layout


@pytest.mark.parametrize("spec", ["", "octo", "30", "nan 0", "1e9 0", "inf 0", "30;-30", " ".join(map(str, range(17)))])
def test_what_is_no_layout_is_told_with_what_is(spec: str) -> None:
    with pytest.raises(UserError) as error:
        parse_layout(spec)
    for allowed in (*LAYOUTS, "2 to 16", "degrees", "0 is ahead"):
        assert allowed in str(error.value)


@pytest.mark.parametrize("spec", ["30 30", "0 90 1", "180 -180", "-179.5 90 179.5"])
def test_loudspeakers_in_the_same_place_are_a_slip(spec: str) -> None:
    with pytest.raises(UserError, match="apart"):
        parse_layout(spec)


@pytest.mark.parametrize("spec", LOUDSPEAKERS)
def test_power_is_1_in_every_direction_also_between_the_rows(spec: str) -> None:
    table = gain_table(parse_layout(spec))
    assert (table >= 0).all()
    np.testing.assert_allclose((table ** 2).sum(1), 1, atol=1e-5)
    np.testing.assert_allclose((((table[1:] + table[:-1]) / 2) ** 2).sum(1), 1, atol=0.02)
    np.testing.assert_array_equal(table[0], table[-1])


@pytest.mark.parametrize("spec", LOUDSPEAKERS)
def test_at_most_two_loudspeakers_sound_and_one_where_it_stands(spec: str) -> None:
    layout = parse_layout(spec)
    assert ((gain_table(layout) > 1e-6).sum(1) <= 2).all()
    for channel, azimuth in enumerate(layout.azimuths):
        if azimuth is not None:
            np.testing.assert_allclose(gains(layout, azimuth), np.eye(layout.channels)[channel], atol=1e-6)


@pytest.mark.parametrize("spec", ["quad", "5.1", "ring8", "0 100 -169.5"])
def test_the_velocity_vector_points_where_the_sound_is(spec: str) -> None:
    layout = parse_layout(spec)
    vectors = velocity(layout, gain_table(layout))
    np.testing.assert_allclose(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), unit(DIRECTIONS), atol=1e-5)


def test_stereo_points_ahead_and_hears_behind_as_its_mirror_image() -> None:
    table = gain_table(STEREO)
    ahead = np.abs(DIRECTIONS) <= 30
    vectors = velocity(STEREO, table[ahead])
    np.testing.assert_allclose(vectors[:, 1] / vectors[:, 0], np.tan(np.radians(DIRECTIONS[ahead])), atol=1e-5)
    for direction in (0, 10, 29.75, 30, 60, 89.75):
        np.testing.assert_allclose(gains(STEREO, direction), gains(STEREO, 180 - direction), atol=1e-6)
        np.testing.assert_allclose(gains(STEREO, direction), gains(STEREO, -direction)[::-1], atol=1e-6)
    np.testing.assert_allclose(gains(STEREO, 90), (1, 0), atol=1e-6)


def test_three_ahead_share_what_is_behind_as_its_mirror_image() -> None:
    layout = parse_layout("60 0 -60")
    for direction in (0, 20, 60):
        np.testing.assert_allclose(gains(layout, 180 - direction), gains(layout, direction), atol=1e-6)


def test_two_at_opposite_sides_share_what_is_between() -> None:
    layout = parse_layout("90 -90")
    np.testing.assert_allclose(gains(layout, 0), np.sqrt([0.5, 0.5]), atol=1e-6)
    np.testing.assert_allclose(gains(layout, 180), np.sqrt([0.5, 0.5]), atol=1e-6)
    assert (np.diff(gain_table(layout)[540:901, 0]) > 0).all()  # from -45 to 45, towards the left


@pytest.mark.parametrize("spec", [*LOUDSPEAKERS, "ambisonic", "binaural"])
def test_no_direction_is_a_jump(spec: str) -> None:
    closest = 2 if spec == "0 2 4" else 10
    assert np.abs(np.diff(gain_table(parse_layout(spec)), axis=0)).max() < np.pi / 2 / (4 * closest) * 1.1


def test_the_lfe_is_silent() -> None:
    assert not gain_table(parse_layout("5.1"))[:, 3].any()


def test_ambisonic_is_ambix() -> None:
    np.testing.assert_allclose(gains(AMBISONIC, 0), (1, 0, 0, 1), atol=1e-6)  # W Y Z X
    np.testing.assert_allclose(gains(AMBISONIC, 90), (1, 1, 0, 0), atol=1e-6)
    np.testing.assert_allclose(gains(AMBISONIC, -90), (1, -1, 0, 0), atol=1e-6)
    np.testing.assert_allclose(gains(AMBISONIC, 180), (1, 0, 0, -1), atol=1e-6)
    np.testing.assert_allclose(gains(AMBISONIC, 30), (1, 0.5, 0, np.sqrt(0.75)), atol=1e-6)


def test_ambisonic_decodes_to_a_plane_wave_from_the_direction() -> None:
    square = parse_layout("quad")
    ahead, left = unit(np.array(square.azimuths, float)).T
    decoder = np.stack([np.ones(4), 2 * left, np.zeros(4), 2 * ahead]) / 4  # the basic one of a regular polygon
    vectors = velocity(square, gain_table(AMBISONIC) @ decoder)
    np.testing.assert_allclose(vectors, unit(DIRECTIONS), atol=1e-5)


def test_binaural_mixes_onto_a_ring_whose_sum_and_power_are_1() -> None:
    table = gain_table(BINAURAL)
    assert (BINAURAL.channels, BINAURAL.bus) == (2, table.shape[1])
    np.testing.assert_allclose(table.sum(1), 1, atol=1e-5)
    np.testing.assert_allclose((table ** 2).sum(1), 1, atol=1e-5)
    for channel, azimuth in enumerate(BINAURAL.virtual):
        np.testing.assert_allclose(gains(BINAURAL, azimuth), np.eye(BINAURAL.bus)[channel], atol=1e-5)
