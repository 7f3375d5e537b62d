"""Each ranking orders sounds as its definition says."""

import numpy as np
import pytest

from models.evaluation.rankings import SURE, Perceived, cosine, kl, label, mixture


def perceived(p: list[list[float]], embedding: list[list[float]] | None = None) -> Perceived:
    unit = np.array(embedding or [[1.0, 0.0]] * len(p))
    return Perceived(np.log(np.array(p)), unit, (frozenset(),) * len(p))


def test_kl_is_the_divergence_of_the_sound_from_the_picture() -> None:
    p, q = [0.5, 0.25, 0.25], [0.25, 0.5, 0.25]
    distance = kl(perceived([p]), perceived([p, q]))
    assert distance[0, 0] == pytest.approx(0)
    assert distance[0, 1] == pytest.approx(0.5 * np.log(2) - 0.25 * np.log(2))


def test_cosine_is_one_at_right_angles_and_two_at_opposite_ones() -> None:
    one, three = perceived([[1.0]], [[1, 0]]), perceived([[1.0]] * 3, [[1, 0], [0, 1], [-1, 0]])
    assert cosine(one, three).tolist() == [[0, 1, 2]]


def test_the_mixture_adds_its_share_of_the_cosine_to_the_kl() -> None:
    pictures = perceived([[0.5, 0.5]], [[1, 0]])
    sounds = perceived([[0.5, 0.5], [0.4, 0.6]], [[0, 1], [1, 0]])
    assert mixture(pictures, sounds, 3.0) == pytest.approx(kl(pictures, sounds) + 3 * cosine(pictures, sounds))
    assert mixture(pictures, sounds, 0.0).argmin() == 0 and mixture(pictures, sounds, 3.0).argmin() == 1


def test_a_sure_picture_asks_by_its_label_and_an_unsure_one_by_its_distribution() -> None:
    # Two sounds share the picture's label but are further in KL than the third, which is labelled otherwise.
    sounds = perceived([[0.35, 0.05, 0.3, 0.3], [0.4, 0.01, 0.29, 0.3], [0.43, 0.44, 0.06, 0.07]])
    sure, unsure = [0.9, 0.08, 0.01, 0.01], [0.4, 0.36, 0.12, 0.12]
    pictures = perceived([sure, unsure])
    assert pictures.entropy[0] < SURE * np.log(4) < pictures.entropy[1]
    by_kl, by_label = kl(pictures, sounds).argsort(axis=1), label(pictures, sounds).argsort(axis=1)
    assert by_kl[0].tolist() == [2, 0, 1] and by_label[0].tolist() == [0, 1, 2]
    assert by_label[1].tolist() == by_kl[1].tolist()
    assert by_kl[1][0] == 2
