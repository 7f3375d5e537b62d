"""The numbers by which pictures are timed survive codecs, and are never read where there are none."""

import cv2
import numpy as np
import pytest

from bridge.outputs.receivers.stamp import MOST, WIDTH, number_in, stamp
from tests.outputs import picture


@pytest.mark.parametrize("number", [0, 1, 2, 1000, 43_690, MOST - 1])
def test_a_number_is_read_from_the_picture_and_from_its_jpeg(number: int) -> None:
    frame = cv2.GaussianBlur(picture(256, WIDTH), (0, 0), 3)
    stamp(frame, number)
    assert number_in(frame) == number
    encoded = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 30])[1]
    assert number_in(np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)) == number


@pytest.mark.parametrize("frame", [np.zeros((256, WIDTH, 3), np.uint8), np.full((256, WIDTH, 4), 255, np.uint8),
                                   picture(8, WIDTH), picture(64, 64), picture(256, 512)])
def test_a_picture_without_a_number_has_none(frame: np.ndarray) -> None:
    assert number_in(frame) is None
