"""How a generator is trained, as models/configs/s2i-*.toml and i2s-*.toml say it."""

from dataclasses import asdict, replace
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic.dataclasses import dataclass

from engine.errors import UserError

from ..training.config import CLOSED, Positive, Share, Some
from ..training.recipes import CONFIGS, read_recipe
from .tricks import Tricks

SMALLEST = 16
Batch = Annotated[int, Field(ge=2, strict=True)]


@dataclass(frozen=True, config=CLOSED)
class Short:
    """What is otherwise when there are minutes of one processor's core, and not a day of a GPU. rate None: the same."""

    steps: Some
    width: Some
    batch: Batch = 32
    rate: Positive | None = None


@dataclass(frozen=True, config=CLOSED)
class Settings:
    """A whole recipe. name, data_used and licence go into the model file.

    side: of the pictures, pixels; a power of 2. width: channels of the largest map, which every halving of the map
    doubles. latent: how many random values there are. spectrum: which of networks.spectra the sound is heard as.
    senses: steps that what hears (or sees) for the generator is trained for. momentum: Adam's beta1. steps: of the
    training; in each, generator_steps and discriminator_steps are taken. tricks: for the variants of Wan et al. 2018.
    """

    task: Literal["s2i", "i2s"]
    variant: str
    name: str
    steps: Some
    width: Some
    short: Short
    side: Annotated[int, Field(ge=SMALLEST, strict=True)] = 64
    batch: Batch = 64
    latent: Some = 100
    spectrum: str = "lms"
    senses: Some = 1000
    rate: Positive = 2e-4
    momentum: Share = 0.5
    generator_steps: Some = 1
    discriminator_steps: Some = 1
    precision: Literal["mixed", "float32"] = "mixed"
    data_used: str = "own data"
    licence: str = "not stated"
    tricks: Tricks | None = None

    @field_validator("side")
    @classmethod
    def _halves(cls, side: int) -> int:
        if side & (side - 1):
            raise ValueError(f"side = {side}: expected a power of 2 from {SMALLEST} up")
        return side

    def scheduled(self, schedule: str, steps: int | None = None) -> "Settings":
        """With the steps, width, batch and rate of a schedule, "short" or "full"; `steps` goes first."""
        values = {name: value for name, value in asdict(self.short).items() if value} if schedule == "short" else {}
        return replace(self, **values | ({"steps": steps} if steps else {}))


def load_settings(task: str, variant: str) -> Settings:
    """The recipe of a variant that comes with Phonoscope. UserError names those that there are."""
    file = CONFIGS / f"{task}-{variant}.toml"
    if not file.is_file():
        known = ", ".join(variants(task))
        raise UserError(f"--variant {variant}: there is none of that name for {task}; expected one of {known}")
    return read_recipe(file, Settings)


def variants(task: str) -> list[str]:
    """Names of the variants of "s2i" or "i2s"."""
    return sorted(file.stem.removeprefix(f"{task}-") for file in CONFIGS.glob(f"{task}-*.toml"))
