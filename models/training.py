"""What every training run needs: a schedule, averaged weights, a checkpoint to resume from."""

import copy
import math
from pathlib import Path

import torch
from torch import Generator, Tensor, nn


def kl(target: Tensor, log_q: Tensor) -> Tensor:
    """KL(target || q) in nats, mean over the batch; target [N,C] probabilities, log_q [N,C]."""
    return (torch.xlogy(target, target) - target * log_q).sum(1).mean()


def warm_cosine(step: int, steps: int, warm: int) -> float:
    """Factor of the learning rate: linear up over `warm` steps, then half a cosine down to zero."""
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


class Average:
    """Exponential moving average of the trained weights (Polyak and Juditsky 1992); `network` holds it."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay = decay
        self.steps = 0

    def update(self, network: nn.Module) -> None:
        self.steps += 1
        decay = min(self.decay, self.steps / (self.steps + 9))  # short memory at first
        with torch.no_grad():
            for kept, new in zip(self.network.parameters(), network.parameters(), strict=True):
                if new.requires_grad:
                    kept.lerp_(new, 1 - decay)


class Run:
    """The state of one training run; `save` after an epoch, `resume` at the start."""

    def __init__(
        self, network: nn.Module, average: Average, optimizer: torch.optim.Optimizer, generator: Generator, file: Path
    ) -> None:
        self.network = network
        self.average = average
        self.optimizer = optimizer
        self.generator = generator
        self.file = file
        self.epoch = 0

    def save(self) -> None:
        state = {
            "epoch": self.epoch,
            "network": self.network.state_dict(),
            "average": self.average.network.state_dict(),
            "steps": self.average.steps,
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "dropout": torch.get_rng_state(),
        }
        part = self.file.with_suffix(".part")
        torch.save(state, part)
        part.rename(self.file)

    def resume(self) -> None:
        """Go on where `file` left off; does nothing when it is not there."""
        if not self.file.exists():
            return
        # Written by this run on this machine, and even so read as tensors and numbers only: nothing in it can run.
        state = torch.load(self.file, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average.network.load_state_dict(state["average"])
        self.average.steps = state["steps"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"])
        torch.set_rng_state(state["dropout"])
        self.epoch = state["epoch"]
