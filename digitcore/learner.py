"""A network while it learns: its weights, their average, the optimiser's state, the best so far."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from digitcore.models import build
from digitcore.optimizers import build_optimizer
from digitcore.recipes import Recipe

Checkpoint = dict[str, Any]


@dataclass(frozen=True)
class Arithmetic:
    """How a network computes while it learns: its precision, and how images lie in memory."""

    precision: str
    channels_last: bool

    @property
    def layout(self) -> torch.memory_format:
        return torch.channels_last if self.channels_last else torch.contiguous_format


class Learner:
    """What changes while a network learns; a checkpoint holds all of it."""

    def __init__(self, recipe: Recipe, device: str, way: Arithmetic) -> None:
        self.recipe, self.device, self.way = recipe, device, way
        self.network = build(recipe.network, recipe.seed)
        self.network.to(device, memory_format=way.layout)  # type: ignore[call-overload]
        self.optimizer = build_optimizer(recipe, self.network)
        self.average = (
            AveragedModel(
                self.network, multi_avg_fn=get_ema_multi_avg_fn(recipe.average), use_buffers=True
            )
            if recipe.average
            else None
        )
        self.epoch, self.best_epoch, self.best_loss = 0, 0, math.inf
        self.best: dict[str, Tensor] = _copy(self.network.state_dict())

    @property
    def answering(self) -> nn.Module:
        """The network that is evaluated and kept: the average where there is one."""
        return self.average.module if self.average else self.network

    @property
    def out_of_patience(self) -> bool:
        return bool(self.recipe.patience) and self.epoch - self.best_epoch >= self.recipe.patience

    def fit(self, images: Tensor, labels: Tensor, rate: float, seed: int) -> float:
        """One step on one batch; the loss before it."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.network.train()
        # Dropout draws from torch's global RNG, which all threads of a process share.
        with torch.random.fork_rng([] if self.device == "cpu" else [self.device]):
            torch.default_generator.manual_seed(seed)
            if self.device != "cpu":
                torch.cuda.manual_seed(seed)
            loss = self._loss(images, labels)
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        if self.average:
            self.average.update_parameters(self.network)
        return float(loss.detach())

    def _loss(self, images: Tensor, labels: Tensor) -> Tensor:
        low = self.way.precision == "bfloat16"
        with torch.autocast(images.device.type, torch.bfloat16, enabled=low):
            logits = self.network(images.contiguous(memory_format=self.way.layout))
        smoothing = self.recipe.label_smoothing
        return F.cross_entropy(logits.float(), labels, label_smoothing=smoothing)

    def end_epoch(self, validation_loss: float) -> bool:
        """Count the epoch, keep it if it is the best so far, and say whether it is."""
        self.epoch += 1
        improved = validation_loss < self.best_loss
        if improved:
            self.best_epoch, self.best_loss = self.epoch, validation_loss
            self.best = _copy(self.answering.state_dict())
        return improved

    def checkpoint(self) -> Checkpoint:
        return {
            "epoch": self.epoch, "best_epoch": self.best_epoch, "best_loss": self.best_loss,
            "precision": self.way.precision, "channels_last": self.way.channels_last,
            "best": self.best,
            "network": self.network.state_dict(), "optimizer": self.optimizer.state_dict(),
            "average": self.average.state_dict() if self.average else None,
        }  # fmt: skip

    def load(self, checkpoint: Checkpoint) -> None:
        self.epoch, self.best_epoch = checkpoint["epoch"], checkpoint["best_epoch"]
        self.best_loss, self.best = checkpoint["best_loss"], checkpoint["best"]
        self.network.load_state_dict(checkpoint["network"])
        self.optimizer.load_state_dict(checkpoint["optimizer"])
        if self.average:
            self.average.load_state_dict(checkpoint["average"])


def _copy(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().clone() for name, tensor in state.items()}
