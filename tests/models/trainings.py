"""Trainings that are over within seconds."""

import functools
from pathlib import Path
from typing import Any

import torch

from engine.modelfile import shipped_model
from models.export import load_model
from models.training.config import Config
from models.training.run import Order
from models.training.teaching import Teacher


def config(kind: str = "ear", network: str = "logmel", objective: Any = "kl", **tables: dict[str, Any]) -> Config:
    """A config of small batches; the tables change it."""
    training = {"epochs": 2, "batch": 8} | tables.pop("training", {})
    data = {"seconds": 1.0} | tables.pop("data", {})
    values: dict[str, Any] = {"objective": objective, "training": training, "data": data, **tables}
    return Config(kind=kind, network=network, name=f"tiny-{network}", **values)  # type: ignore[arg-type]


def order(config: Config, data: Path, out: Path, seed: int = 0) -> Order:
    """To train on `data`, taught by the shipped eye, and write everything into the folder `out`."""
    teacher = shipped_eye() if config.taught else None
    return Order(config, data, out / "model.ts", out / "cache", teacher, torch.device("cpu"), seed, "none")


@functools.cache
def shipped_eye() -> Teacher:
    """The eye that ships, as a teacher."""
    eye, manifest = load_model(shipped_model("eye"))
    return Teacher(eye, manifest["classes"], "shipped")
