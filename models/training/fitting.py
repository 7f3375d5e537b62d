"""A small network learns a single task, in one go: minutes, nothing to resume."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor, nn
from torch.optim.swa_utils import AveragedModel
from tqdm import tqdm

from .loop import precision, warm_cosine

AVERAGE = 0.99


def fit(network: nn.Module, loss: Callable[[nn.Module, Generator], Tensor], steps: int, rate: float, seed: int,
        label: str, decay: float = 0.05) -> None:
    """Minimise `loss(network, generator)`, which draws its own batch, and leave the network with averaged weights.

    AdamW with a warm start and a cosine to zero; 16 bits where the processor is faster with them. Ends in eval mode.
    """
    device = next(network.parameters()).device
    dtype = precision(device, "mixed")
    generator = Generator().manual_seed(seed)
    average = AveragedModel(network, avg_fn=towards, use_buffers=True)
    optimizer = torch.optim.AdamW(network.parameters(), rate, weight_decay=decay)
    network.train()
    for step in tqdm(range(steps), desc=label, unit="step", disable=None, dynamic_ncols=True):
        for group in optimizer.param_groups:
            group["lr"] = rate * warm_cosine(step, steps, min(100, steps // 10))
        with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
            value = loss(network, generator)
        optimizer.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        average.update_parameters(network)
    network.load_state_dict(average.module.state_dict())
    network.eval().requires_grad_(False)


def towards(kept: Tensor, new: Tensor, updates: Tensor | int) -> Tensor:
    """Running mean (Polyak and Juditsky 1992), with a short memory at first: what it began with is soon forgotten."""
    decay = min(AVERAGE, (1 + int(updates)) / (10 + int(updates)))
    return torch.lerp(kept, new, 1 - decay) if kept.is_floating_point() else new
