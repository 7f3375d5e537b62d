"""A training run learns, and one that was stopped goes on as if it had not been."""

from pathlib import Path

import torch
from torch import Generator

from models.data import Theme
from models.networks.ear import Ear
from models.train_ear import EarData, train_ear


def tiny_data() -> EarData:
    """Two themes whose sounds differ in half of the features, and whose pictures are two different places."""
    generator = Generator().manual_seed(0)
    features = torch.rand(20, 2, 3, 1024, generator=generator)
    features[10:, ..., :512] += 1
    answers = torch.full((8, 365), 1e-4)
    answers[:4, 7] += 1
    answers[4:, 99] += 1
    return EarData(
        features.half(),
        torch.full((20, 2, 3), 1 / 3),
        answers / answers.sum(1, keepdim=True),
        ["waves"] * 10 + ["bark"] * 10,
        [False] * 20,
        ["scenes/sea"] * 4 + ["scenes/dog"] * 4,
        [Theme("sea", ("scenes/sea",), ("waves",)), Theme("dog", ("scenes/dog",), ("bark",))],
        torch.eye(365)[:, :128],
        [str(i) for i in range(365)],
    )


def test_the_ear_learns_the_places_of_its_themes(tmp_path: Path) -> None:
    data = tiny_data()
    ear = train_ear(data, Ear(), tmp_path / "run", epochs=12, rate=3e-2)
    with torch.inference_mode():
        log_q = ear.classify(data.features[:, 0].float(), data.weights[:, 0])
    assert log_q.argmax(1).tolist() == [7] * 10 + [99] * 10


def test_a_stopped_run_goes_on_where_it_was(tmp_path: Path) -> None:
    torch.manual_seed(5)
    initial = Ear().state_dict()

    def fresh() -> Ear:
        ear = Ear()
        ear.load_state_dict(initial)
        return ear

    whole = train_ear(tiny_data(), fresh(), tmp_path / "whole", epochs=4)
    stopped = tmp_path / "stopped"

    class PulledPlug(Exception):
        pass

    def run_until(epoch: int) -> None:
        from models import training

        save = training.Run.save

        def save_then_stop(run: training.Run) -> None:
            save(run)
            if run.epoch == epoch:
                raise PulledPlug

        training.Run.save = save_then_stop  # type: ignore[method-assign]
        try:
            train_ear(tiny_data(), fresh(), stopped, epochs=4)
        except PulledPlug:
            pass
        finally:
            training.Run.save = save  # type: ignore[method-assign]

    run_until(2)
    resumed = train_ear(tiny_data(), fresh(), stopped, epochs=4)
    torch.testing.assert_close(resumed.places.weight, whole.places.weight)
