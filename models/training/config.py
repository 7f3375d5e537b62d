"""How a model is trained, as a TOML file says it: models/configs/*.toml, or one of your own in the same words."""

from dataclasses import field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator
from pydantic.dataclasses import dataclass

from engine.errors import UserError

from ..data import FOLDS
from ..networks import EARS, EYES
from .recipes import CONFIGS, listed, read_recipe

KINDS = "kinds"
NETWORKS = {"eye": tuple(EYES), "ear": (*EARS, KINDS)}
FREEZABLE = ("mobilenet", "yamnet", KINDS)
OBJECTIVES = ("kl", "contrastive", "classify")
PICTURES_ONLY = ("mixup", "cutout")
SOUNDS_ONLY = ("mix", "room", "telephone", "mask")
CLOSED = ConfigDict(extra="forbid")

Share = Annotated[float, Field(ge=0, le=1, strict=True)]
Positive = Annotated[float, Field(gt=0, strict=True)]
Weight = Annotated[float, Field(ge=0, strict=True)]
Count = Annotated[int, Field(ge=0, strict=True)]
Some = Annotated[int, Field(ge=1, strict=True)]


@dataclass(frozen=True, config=CLOSED)
class Objective:
    """What is minimised: the weight of each loss (see losses.py). `objective = "kl"` is short for `kl = 1.0`.

    kl: distance from the answers of a teacher. contrastive: closeness to what fits. classify: alone, the names of the
    folders, which become the model's classes; with others, which group (theme, video) an example belongs to.
    smoothing: share of the mean target in every target. pictures: how many pictures, drawn at random, say together
    what a sound should answer.
    """

    kl: Weight = 0.0
    contrastive: Weight = 0.0
    classify: Weight = 0.0
    smoothing: Share = 0.0
    pictures: Some = 4

    @property
    def names_only(self) -> bool:
        """Whether the network answers the names of the data, and not the places of a teacher."""
        return not (self.kl or self.contrastive)

    @model_validator(mode="after")
    def _some(self) -> "Objective":
        if not (self.kl or self.contrastive or self.classify):
            raise ValueError(f"expected a weight above 0 for at least one of {', '.join(OBJECTIVES)}")
        return self


@dataclass(frozen=True, config=CLOSED)
class Data:
    """Which examples, and how often each comes up.

    path: the data set, relative to the config's file; `--data` goes first.
    trust: share of what is known of a picture's category in its target, the rest is the teacher's opinion (targets.py).
    balance: 0 draws all examples alike, 1 all categories. paired: how much more often a picture comes up that a sound
    fits. rendered_pictures of each scene and rendered_sounds takes of each sound are made by the instrument itself; own
    is what share of a category's draws these get, the others the rest, and how much a category counts that has nothing
    else. Excerpts of one recording share its draws. seconds: length of a sound's excerpts.
    fold: which fifth of the recordings is held out and validated with, 0 to 4; each is in just one (cross-validation).
    """

    path: str = ""
    trust: Share = 0.0
    balance: Share = 0.0
    paired: Positive = 1.0
    rendered_pictures: Count = 0
    rendered_sounds: Count = 0
    own: Annotated[float, Field(gt=0, lt=1, strict=True)] = 0.5
    seconds: Positive = 3.0
    fold: Annotated[int, Field(ge=0, lt=FOLDS, strict=True)] = 0


@dataclass(frozen=True, config=CLOSED)
class Augmentation:
    """How examples are altered (augment.py), mostly the share of them to which something happens.

    copies: for a network with frozen blocks, how many altered copies of each example are made and shown to these, once
    and for all; 0 alters each example anew every time. Pictures: mixup, the strength of blending, and cutout.
    Sounds: mix (another sound below), room, telephone, mask (parts of the spectrogram, for networks that have one).
    """

    copies: Count = 0
    mixup: Share = 0.0
    cutout: Share = 0.0
    mix: Share = 0.0
    room: Share = 0.0
    telephone: Share = 0.0
    mask: Share = 0.0


@dataclass(frozen=True, config=CLOSED)
class Training:
    """The course of the training.

    initial: weights to start from, a model file or a TFLite file, in the data folder or beside the shipped models; ""
    starts from nothing. frozen: how many of the trunk's blocks keep those, -1 for all. rate: highest learning rate;
    head: how many times higher it is outside the trunk. average: decay of the running mean of the weights, which is
    what becomes the model. sharpness: power to which the finished model raises its probabilities. precision: "mixed"
    uses 16 bits where the processor is faster with them.
    """

    epochs: Some = 20
    batch: Annotated[int, Field(ge=2, strict=True)] = 64
    rate: Positive = 1e-3
    head: Positive = 1.0
    weight_decay: Weight = 0.03
    warm: Count = 100
    average: Annotated[float, Field(ge=0, lt=1, strict=True)] = 0.998
    initial: str = ""
    frozen: Annotated[int, Field(ge=-1, strict=True)] = 0
    sharpness: Positive = 1.0
    precision: Literal["mixed", "float32"] = "mixed"


@dataclass(frozen=True, config=CLOSED)
class Config:
    """A whole recipe. name, data_used and licence go into the model file.

    network: one of models.networks, or "kinds": YAMNet's trunk and a classifier of kinds of sound, which are the
    categories of the data, begun with what AudioSet knows of them; a kind is answered as the eye answers what fits it.
    """

    kind: Literal["eye", "ear"]
    network: str
    name: str
    objective: Objective
    data: Data = field(default_factory=Data)
    augmentation: Augmentation = field(default_factory=Augmentation)
    training: Training = field(default_factory=Training)
    data_used: str = "own data"
    licence: str = "not stated"

    @property
    def taught(self) -> bool:
        """Whether it learns the answers of an eye."""
        return self.network == KINDS or not self.objective.names_only

    @field_validator("objective", mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {value: 1.0} if value in OBJECTIVES else value

    @model_validator(mode="after")
    def _fits(self) -> "Config":
        if self.network not in NETWORKS[self.kind]:
            raise ValueError(
                f"network = '{self.network}': expected {listed(NETWORKS[self.kind])} for kind '{self.kind}'"
            )
        if self.training.frozen and not self.training.initial:
            raise ValueError("training.frozen: blocks can keep their weights only where training.initial gives them")
        frozen = self.training.frozen
        if frozen and (self.network not in FREEZABLE or (frozen > 0 and self.network != "mobilenet")):
            raise ValueError(
                f"training.frozen = {frozen}: expected 0 for network '{self.network}' (yamnet: 0 or -1; "
                "mobilenet: 0 to 19, or -1)"
            )
        if self.network == KINDS and (frozen != -1 or not self.objective.names_only):
            raise ValueError(f"network = '{KINDS}': expected training.frozen = -1 and the objective classify alone")
        if self.network == KINDS and self.training.sharpness != 1:
            raise ValueError(f"training.sharpness = {self.training.sharpness}: is not for network '{KINDS}'")
        copies = self.augmentation.copies
        if (copies and not frozen) or (frozen < 0 and not copies):
            raise ValueError(
                f"augmentation.copies = {copies}: expected 0 where no block is frozen, and 1 or more where all are; "
                f"training.frozen is {frozen}"
            )
        foreign = PICTURES_ONLY if self.kind == "ear" else SOUNDS_ONLY
        _none("augmentation", self.augmentation, foreign, f"is not for an {self.kind}")
        if self.network != "logmel":
            _none("augmentation", self.augmentation, ("mask",), "is for a log-mel spectrogram that is learnt from")
        return self


def _none(name: str, values: Any, keys: tuple[str, ...], why: str) -> None:
    for key in keys:
        if getattr(values, key):
            raise ValueError(f"{name}.{key} = {getattr(values, key)}: {why}; leave it out")


def load_config(name: str, kind: str) -> Config:
    """Read the config of an eye or an ear: a file, or one that comes with Phonoscope, such as "soundnet8".

    Raises UserError with everything that is wrong: file, key, value, what was expected.
    """
    file = find_config(name, kind)
    config = read_recipe(file, Config, {"objective": OBJECTIVES})
    if config.data.path:
        config = replace(config, data=replace(config.data, path=str(file.parent / config.data.path)))
    if config.kind != kind:
        raise UserError(f"{file}: kind = '{config.kind}': expected a config for an {kind}")
    return config


def find_config(name: str, kind: str) -> Path:
    """The file of a config. UserError names those that come with Phonoscope."""
    file = Path(name)
    if file.suffix == ".toml":
        return file
    for stem in (name, f"{kind}-{name}"):
        if (CONFIGS / f"{stem}.toml").is_file():
            return CONFIGS / f"{stem}.toml"
    known = ", ".join(sorted(config.stem for config in CONFIGS.glob(f"{kind}*.toml")))
    raise UserError(f"config '{name}': there is none of that name; expected a .toml file or one of {known}")
