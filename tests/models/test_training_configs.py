"""A config says everything that is wrong with it, and those that ship are in order."""

from pathlib import Path

import pytest

from engine.errors import UserError
from models.training.config import load_config
from models.training.recipes import CONFIGS

HEAD = 'kind = "ear"\nnetwork = "yamnet"\nname = "mine"\n'
GOOD = HEAD + 'objective = "kl"\n'


@pytest.mark.parametrize("file", sorted(CONFIGS.glob("e*.toml")), ids=lambda file: file.stem)
def test_shipped_configs_are_in_order(file: Path) -> None:
    kind = file.stem.split("-")[0]
    assert load_config(file.stem, kind).kind == kind
    assert load_config(file.stem.removeprefix(f"{kind}-"), kind) == load_config(str(file), kind)


def test_one_objective_is_short_for_its_weight(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(GOOD)
    (tmp_path / "b.toml").write_text(HEAD + "[objective]\nkl = 1\n")
    short, long = (load_config(str(tmp_path / name), "ear") for name in ("a.toml", "b.toml"))
    assert short == long and short.objective.kl == 1 and short.objective.contrastive == 0


def test_a_data_set_lies_beside_its_config(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD + '[data]\npath = "sounds"\n')
    assert load_config(str(tmp_path / "mine.toml"), "ear").data.path == str(tmp_path / "sounds")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "network: is missing"),
        ("kind =", "is not TOML"),
        (GOOD + "[training]\nepocs = 3\n", "training.epocs = 3: there is no such key; the nearest is training.epochs"),
        (GOOD + "[data]\ntrust = 1.5\n", "data.trust = 1.5: expected a number less than or equal to 1"),
        (GOOD + '[training]\nbatch = "64"\n', "training.batch = '64': expected a valid integer"),
        (GOOD + "[training]\nrate = 0\n", "training.rate = 0: expected a number greater than 0"),
        ("training = 3\n", "training = 3: expected a table"),
        (HEAD + 'objective = "hinge"\n', "objective = 'hinge': expected 'kl' or 'contrastive' or 'classify'"),
        (HEAD + "[objective]\nkl = 0\n", "objective: expected a weight above 0 for at least one of"),
        (GOOD.replace("yamnet", "mobilenet"), "network = 'mobilenet': expected 'yamnet' or 'logmel'"),
        (GOOD + "[training]\nfrozen = -1\n", "training.frozen: blocks can keep their weights only where"),
        (GOOD + '[training]\nfrozen = 3\ninitial = "ear.ts"\n', "training.frozen = 3: expected 0 for network 'yamnet'"),
        (GOOD.replace("yamnet", "kinds").replace("kl", "classify")
         + '[training]\ninitial = "ear.ts"\nfrozen = -1\nsharpness = 2.0\n', "training.sharpness = 2.0: is not for"),
        (GOOD + "[data]\nfold = 5\n", "data.fold = 5: expected a number less than 5"),
        (GOOD + "[augmentation]\ncopies = 3\n", "augmentation.copies = 3: expected 0 where no block is frozen"),
        (GOOD + "[augmentation]\ncutout = 0.5\n", "augmentation.cutout = 0.5: is not for an ear"),
        (GOOD + "[augmentation]\nmask = 0.5\n", "augmentation.mask = 0.5: is for a log-mel spectrogram"),
        (GOOD.replace("ear", "eye").replace("yamnet", "mobilenet"), "expected a config for an ear"),
    ],
)
def test_a_mistake_is_named_with_file_key_and_value(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(UserError) as error:
        load_config(str(file), "ear")
    assert message in str(error.value)
    assert all(line.startswith(f"{file}: ") for line in str(error.value).splitlines())


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(GOOD + "[training]\nrate = 0\nepocs = 1\n[data]\nseconds = 'long'\n")
    with pytest.raises(UserError) as error:
        load_config(str(file), "ear")
    assert len(str(error.value).splitlines()) == 3


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(UserError, match=r"config 'soundnet9': there is none of that name; expected .*ear-soundnet8"):
        load_config("soundnet9", "ear")
    with pytest.raises(UserError, match="No such file"):
        load_config("nowhere.toml", "ear")
