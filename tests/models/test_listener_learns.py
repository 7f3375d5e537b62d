"""The listener tells classes that YAMNet has no name for, and keeps what it knew."""

from pathlib import Path

import torch

from models.generation.listening import Course, at_heard_rate, teach_listener
from models.generation.pairs import read_pairs
from tests.models.tiny_set import write_tiny_set

COURSE = Course(tuning=2, fitting=60, batch=8)


def test_sounds_lie_near_the_prototype_of_their_class(tmp_path: Path) -> None:
    pairs = read_pairs([write_tiny_set(tmp_path / "set", each=4)], 8, tmp_path, ["red", "blue"])
    listener, prototypes = teach_listener(pairs, COURSE, seed=0)
    test = pairs.windows(test=True)
    waves = at_heard_rate(pairs.wave(test))
    again, _ = teach_listener(pairs, COURSE, seed=0)
    with torch.inference_mode():
        heard = listener(waves)
        assert torch.equal(prototypes(heard).argmax(1), pairs.sound_class[test])
        assert torch.allclose(again(waves), heard, atol=1e-4)
