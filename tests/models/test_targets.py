"""What the eye is taught: distributions that hold both what is known and what the teacher sees."""

from pathlib import Path

import torch

from models.data import Picture
from models.targets import eye_targets, listed_places

CLASSES = sorted({place for places in listed_places().values() for place in places} | {"kitchen", "bakery/shop", "sky"})


def pictures(*categories: str) -> list[Picture]:
    return [Picture(Path(str(i)), category, held_out=False) for i, category in enumerate(categories)]


def opinions(n: int) -> torch.Tensor:
    return torch.rand(n, len(CLASSES), generator=torch.Generator().manual_seed(0)).softmax(1)


def test_targets_are_distributions() -> None:
    these = pictures("miniplaces/kitchen", "scenes/sea", "scenes64/train", "scenes/sea", "miniplaces100/bakery-shop")
    targets = eye_targets(these, opinions(5), CLASSES)
    assert (targets >= 0).all()
    torch.testing.assert_close(targets.sum(1), torch.ones(5))


def test_a_place_outweighs_the_teacher() -> None:
    targets = eye_targets(pictures("miniplaces/kitchen", "miniplaces100/bakery-shop"), opinions(2), CLASSES, trust=0.7)
    assert targets.argmax(1).tolist() == [CLASSES.index("kitchen"), CLASSES.index("bakery/shop")]
    assert (targets.max(1).values >= 0.7).all()


def test_the_teacher_is_not_asked_about_listed_categories() -> None:
    target = eye_targets(pictures("scenes64/train"), opinions(1), CLASSES)[0]
    assert {CLASSES[i] for i in target.nonzero().flatten()} == set(listed_places()["scenes64/train"])


def test_a_signature_learns_nothing_from_held_out_photographs() -> None:
    seen = pictures("scenes/sea", "scenes/sky")
    teacher = opinions(2)
    hidden = Picture(Path("hidden"), "scenes/sea", held_out=True)
    odd = torch.zeros(1, len(CLASSES))
    odd[0, 3] = 1
    with_hidden = eye_targets([*seen, hidden], torch.cat([teacher, odd]), CLASSES)
    torch.testing.assert_close(with_hidden[:2], eye_targets(seen, teacher, CLASSES))
