"""The training loop, and the checkpoint from which a stopped run goes on as if it had not been stopped."""

import contextlib
import math
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, cast

import torch
from torch import Generator, Tensor
from torch.optim.swa_utils import AveragedModel
from tqdm import tqdm

from engine.errors import UserError

from ..cache import whole
from .config import Config
from .lessons import Batch, Lessons
from .losses import Losses
from .students import Student

SAVE_S = 60.0
Means = dict[str, float]


@dataclass
class Course:
    """How a training went: for each epoch that ended its number, learning rate, mean losses and validation losses."""

    steps: int
    resumed_at: int
    epochs: list[dict[str, Any]] = field(default_factory=list)


class Trainer:
    """One run. `identity` says what it learns from what, so that no other run goes on from its checkpoint."""

    def __init__(
        self,
        student: Student,
        losses: Losses,
        lessons: Lessons,
        held: Lessons | None,
        config: Config,
        seed: int,
        device: torch.device,
        checkpoint: Path,
        identity: str,
    ) -> None:
        self.config = config.training
        self.mixup = config.augmentation.mixup
        self.label = f"{config.kind} {config.name}"
        self.student = student.to(device)
        self.losses = losses.to(device)
        self.lessons, self.held = lessons, held
        self.device = device
        self.checkpoint, self.identity = checkpoint, identity
        self.batches = max(1, len(lessons) * max(1, config.augmentation.copies) // self.config.batch)
        self.generator = Generator().manual_seed(seed)
        self.average = AveragedModel(self.student, avg_fn=self._towards)
        groups = list(student.groups(self.config.rate, self.config.head))
        temperature = {"params": list(losses.parameters()), "peak": self.config.rate, "weight_decay": 0.0}
        self.optimizer = torch.optim.AdamW(
            [*groups, temperature], lr=self.config.rate, weight_decay=self.config.weight_decay
        )
        self.dtype = precision(device, self.config.precision)
        self.scaler = torch.amp.GradScaler(device.type, enabled=self.dtype == torch.float16)
        self.step = 0
        self.sums: Means = {}
        self.epochs: list[dict[str, Any]] = []

    def run(self, ended: Callable[[list[dict[str, Any]]], None]) -> tuple[Student, Course]:
        """Train to the end and return the averaged student; `ended` is told all epochs so far after each.

        Goes on from the checkpoint where there is one. Ctrl-C writes it and raises KeyboardInterrupt.
        """
        self._resume()
        course = Course(self.config.epochs * self.batches, self.step, self.epochs)
        with interruptible() as interrupt:
            while self.step < course.steps:
                self._epoch_part(interrupt)
                if self.step % self.batches == 0:
                    self._end_epoch()
                    ended(self.epochs)
                self._save()
                if interrupt.is_set:
                    raise KeyboardInterrupt
        return self.averaged, course

    @property
    def averaged(self) -> Student:
        """The student with the running mean of its weights."""
        return cast(Student, self.average.module)

    def _epoch_part(self, interrupt: "Interrupt") -> None:
        """Take steps to the end of the epoch, or until it is time to save."""
        until = time.monotonic() + SAVE_S
        epoch, first = divmod(self.step, self.batches)
        self.student.train()
        title = f"{self.label} {epoch + 1}/{self.config.epochs}"
        with tqdm(total=self.batches, initial=first, desc=title, unit="batch", disable=None, dynamic_ncols=True) as bar:
            while True:
                losses = self._take_step(self.lessons.draw(self.config.batch, self.generator))
                self.step += 1
                self.sums = {name: self.sums.get(name, 0.0) + value for name, value in losses.items()}
                bar.set_postfix({name: f"{value:.3f}" for name, value in losses.items()}, refresh=False)
                bar.update()
                if self.step % self.batches == 0 or interrupt.is_set or time.monotonic() > until:
                    return

    def _take_step(self, batch: Batch) -> Means:
        if self.mixup:
            batch = batch.mixed(self.mixup, self.generator)
        steps = self.config.epochs * self.batches
        factor = warm_cosine(self.step, steps, min(self.config.warm, steps // 10))
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * factor
        losses = self._losses(self.student, batch)
        self.optimizer.zero_grad()
        self.scaler.scale(losses["loss"]).backward()
        self.scaler.unscale_(self.optimizer)
        torch.nn.utils.clip_grad_norm_(self.student.parameters(), 5.0)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.average.update_parameters(self.student)
        values = {name: float(value.detach()) for name, value in losses.items()}
        if not math.isfinite(values["loss"]) and not self.scaler.is_enabled():
            raise UserError(
                f"the loss became {values['loss']} at step {self.step}, from which there is no way on; lower "
                'training.rate, or set training.precision = "float32"'
            )
        return values

    def _losses(self, student: Student, batch: Batch) -> dict[str, Tensor]:
        batch = batch.to(self.device)
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            answer = student(*(batch.x if self.lessons.seen else student.stem(*batch.x)))
        return self.losses(*(part.float() for part in answer), batch)

    def _end_epoch(self) -> None:
        means = {name: value / self.batches for name, value in self.sums.items()}
        self.sums = {}
        rate = self.optimizer.param_groups[0]["lr"]
        self.epochs.append(
            {"epoch": self.step // self.batches, "rate": rate, "train": means, "validation": self.validate()}
        )

    def validate(self) -> Means:
        """Mean losses of the averaged network over what is held out; empty if nothing is."""
        sums: Means = {}
        if self.held is None:
            return sums
        self.average.eval()
        with torch.inference_mode():
            for batch in self.held.through(self.config.batch):
                for name, value in self._losses(self.averaged, batch).items():
                    sums[name] = sums.get(name, 0.0) + float(value) * len(batch.label) / len(self.held)
        return sums

    def _towards(self, kept: Tensor, new: Tensor, updates: Tensor | int) -> Tensor:
        """Running mean of the weights (Polyak and Juditsky 1992), with a short memory at first."""
        decay = min(self.config.average, (1 + int(updates)) / (10 + int(updates)))
        return torch.lerp(kept, new, 1 - decay)

    def _save(self) -> None:
        state = {
            "identity": self.identity,
            "step": self.step,
            "sums": self.sums,
            "epochs": self.epochs,
            "student": self.student.state_dict(),
            "average": self.average.state_dict(),
            "losses": self.losses.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "generator": self.generator.get_state(),
            "torch": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state(self.device) if self.device.type == "cuda" else None,
        }
        with whole(self.checkpoint) as part:
            torch.save(state, part)

    def _resume(self) -> None:
        if (state := read_checkpoint(self.checkpoint, self.identity)) is None:
            return
        self.student.load_state_dict(state["student"])
        self.average.load_state_dict(state["average"])
        self.losses.load_state_dict(state["losses"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state["scaler"])
        self.generator.set_state(state["generator"])
        torch.set_rng_state(state["torch"])
        if self.device.type == "cuda":
            torch.cuda.set_rng_state(state["cuda"], self.device)
        self.step, self.sums, self.epochs = state["step"], state["sums"], state["epochs"]


def read_checkpoint(checkpoint: Path, identity: str) -> dict[str, Any] | None:
    """The state that an unfinished run left, None where there is none; UserError if it is damaged or another run's."""
    if not checkpoint.exists():
        return None
    fresh = "start over with --fresh, or choose another file with -o"
    try:
        # Written by a run on this machine, and even so read as tensors and numbers only: nothing in it can run.
        state: dict[str, Any] = torch.load(checkpoint, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a damaged file makes of the reader
        raise UserError(f"{checkpoint}: can't be read ({type(error).__name__}); {fresh}") from None
    if state["identity"] != identity:
        raise UserError(f"{checkpoint}: is of an unfinished run with other settings or data; {fresh}")
    return state


def warm_cosine(step: int, steps: int, warm: int) -> float:
    """Factor of the learning rate: linear up over `warm` steps, then half a cosine down to zero."""
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def precision(device: torch.device, wanted: str) -> torch.dtype:
    """The numbers that matrix products are done with: 16 bits only where the processor is faster with them."""
    if wanted == "float32":
        return torch.float32
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    fast = torch.cpu.get_capabilities()
    return torch.bfloat16 if fast.get("amx_bf16") or fast.get("avx512_bf16") else torch.float32


class Interrupt:
    is_set = False


@contextlib.contextmanager
def interruptible() -> Iterator[Interrupt]:
    """Notes Ctrl-C, so that a step is never left half done; a second one interrupts at once."""
    interrupt = Interrupt()

    def note(_: int, __: FrameType | None) -> None:
        interrupt.is_set = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)
