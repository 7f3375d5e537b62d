"""The course of an adversarial training, from which a stopped one goes on as if it had not been stopped."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor, nn
from tqdm import tqdm

from engine.errors import UserError

from ..cache import whole
from ..training.loop import Interrupt, interruptible, read_checkpoint

SAVE_S = 60.0
Losses = dict[str, float]


class Method(nn.Module):
    """One way to train a generator: its networks, its losses and its optimizers.

    optimizers: filled by the subclass. Everything that a run needs to go on is in the state of the module and of these.
    Batches are drawn on the CPU and moved to `device`.
    """

    optimizers: list[torch.optim.Optimizer]

    def step(self, generator: Generator) -> Losses:
        """Draw a batch, take one step of every network, return what the losses were."""
        raise NotImplementedError

    def schedule(self, progress: float) -> None:
        """Told before each step how far the training is, 0 to 1, and 1 when it is over."""

    def make(self, condition: Tensor, latent: Tensor) -> Tensor:
        """What is generated (pictures [N,3,side,side] or spectrograms [N,128,44], 0..1) as training has it so far.

        Asked in eval mode, condition and latent on `device`.
        """
        raise NotImplementedError

    def network(self) -> nn.Module:
        """What becomes the model: (condition [N,C], latent [N,Z]) -> what `make` gives; TorchScript can take it."""
        raise NotImplementedError

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device


@dataclass
class Course:
    """How a training went: steps taken, where it went on from, mean losses and measured figures of each period."""

    steps: int
    resumed_at: int = 0
    periods: list[dict[str, Any]] = field(default_factory=list)


class Trainer:
    """One run of a method. identity says what is learnt from what: no other run goes on from its checkpoint."""

    def __init__(self, method: Method, steps: int, seed: int, checkpoint: Path, identity: str,
                 periods: int = 20) -> None:
        """periods: into how many parts the training is divided; after each it is measured."""
        self.method, self.steps = method, steps
        self.checkpoint, self.identity = checkpoint, identity
        self.generator = Generator().manual_seed(seed)
        self.ends = {round(steps * (k + 1) / periods) for k in range(periods)} - {0}
        self.step = 0
        self.sums: dict[str, float] = {}
        self.since = 0
        self.periods: list[dict[str, Any]] = []

    def run(self, measure: Callable[[Method, int], dict[str, Any]], ended: Callable[[Sequence[dict[str, Any]]], None],
            label: str) -> Course:
        """Train to the end. After each period `measure` gives its figures and `ended` is told all so far.

        Goes on from the checkpoint where there is one; Ctrl-C writes it and raises KeyboardInterrupt.
        """
        self._resume()
        course = Course(self.steps, self.step, self.periods)
        saved = time.monotonic()
        with interruptible() as interrupt, tqdm(total=self.steps, initial=self.step, desc=label, unit="step",
                                                disable=None, dynamic_ncols=True) as bar:
            while self.step < self.steps:
                self._step(bar)
                if self.step in self.ends:
                    self.method.eval()
                    means = {name: value / self.since for name, value in self.sums.items()}
                    self.sums, self.since = {}, 0
                    self.periods.append({"step": self.step, "losses": means} | measure(self.method, self.step))
                    ended(self.periods)
                if interrupt.is_set or time.monotonic() - saved > SAVE_S or self.step == self.steps:
                    self._save()
                    saved = time.monotonic()
                self._stop_if(interrupt)
        self.method.schedule(1.0)
        return course

    def _step(self, bar: Any) -> None:
        self.method.train()
        self.method.schedule(self.step / self.steps)
        losses = self.method.step(self.generator)
        if bad := [name for name, value in losses.items() if not math.isfinite(value)]:
            raise UserError(f"the loss {bad[0]} became {losses[bad[0]]} at step {self.step}, from which there is no "
                            "way on; lower the recipe's rate")
        for name, value in losses.items():
            self.sums[name] = self.sums.get(name, 0.0) + value
        self.since += 1
        self.step += 1
        bar.set_postfix({name: f"{value:.2f}" for name, value in losses.items()}, refresh=False)
        bar.update()

    def _stop_if(self, interrupt: Interrupt) -> None:
        if interrupt.is_set and self.step < self.steps:
            raise KeyboardInterrupt

    def _save(self) -> None:
        state = {
            "identity": self.identity, "step": self.step, "sums": self.sums, "since": self.since,
            "periods": self.periods, "method": self.method.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.method.optimizers],
            "generator": self.generator.get_state(), "torch": torch.get_rng_state(),
        }  # fmt: skip
        with whole(self.checkpoint) as part:
            torch.save(state, part)

    def _resume(self) -> None:
        if (state := read_checkpoint(self.checkpoint, self.identity)) is None:
            return
        self.method.load_state_dict(state["method"])
        for optimizer, kept in zip(self.method.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(kept)
        self.generator.set_state(state["generator"])
        torch.set_rng_state(state["torch"])
        self.step, self.sums, self.since = state["step"], state["sums"], state["since"]
        self.periods[:] = state["periods"]
