"""A network while it learns: its weights, their average, the optimiser's state, the best so far."""

import math
import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from digitcore.digits import CLASSES
from digitcore.models import build
from digitcore.optimizers import build_optimizer
from digitcore.pooling import quicken
from digitcore.recipes import Recipe

Checkpoint = dict[str, Any]
COMPILER = "inductor"  # torch.compile's own default


@dataclass(frozen=True)
class Arithmetic:
    """How a network computes while it learns: its precision, how images lie in memory, and
    whether torch.compile has made one program of it."""

    precision: str
    channels_last: bool
    compiled: bool = False

    @property
    def layout(self) -> torch.memory_format:
        return torch.channels_last if self.channels_last else torch.contiguous_format


class Learner:
    """What changes while a network learns; a checkpoint holds all of it."""

    def __init__(
        self, recipe: Recipe, device: str, way: Arithmetic, teacher: nn.Module | None = None
    ) -> None:
        self.recipe, self.device, self.way = recipe, device, way
        self.teacher = teacher.to(device) if teacher else None
        self.network = build(recipe.network, recipe.seed)
        self.network.to(device, memory_format=way.layout)  # type: ignore[call-overload]
        if device == "cpu" and way.precision == "bfloat16":
            quicken(self.network)
        self._forward = (
            torch.compile(self.network, backend=COMPILER, dynamic=False)
            if way.compiled
            else self.network
        )
        self.optimizer = build_optimizer(recipe, self.network)
        self.average = (
            AveragedModel(
                self.network, multi_avg_fn=get_ema_multi_avg_fn(recipe.average), use_buffers=True
            )
            if recipe.average
            else None
        )
        self.epoch, self.best_epoch, self.best_loss, self.patient_since = 0, 0, math.inf, 0
        self._begin_epoch()
        self.best: dict[str, Tensor] = _copy(self.network.state_dict())

    @property
    def answering(self) -> nn.Module:
        """The network that is evaluated and kept: the average where there is one."""
        return self.average.module if self.average else self.network

    @property
    def is_over(self) -> bool:
        return is_over(self.recipe, self.epoch, self.best_epoch, self.patient_since)

    @property
    def rate(self) -> float:
        """The learning rate of the last step."""
        return float(self.optimizer.param_groups[0]["lr"])

    @property
    def train_loss(self) -> float:
        """Mean over the digits of the epoch so far, in nats."""
        return self.loss_sum / self.seen if self.seen else math.nan

    @property
    def seconds(self) -> float:
        """How long this epoch has taken so far, without the time between an end and a resume."""
        return self._earlier + time.perf_counter() - self._began

    def _begin_epoch(self) -> None:
        """batch: the last finished one of this epoch."""
        self.batch, self.loss_sum, self.seen = 0, 0.0, 0
        self._earlier, self._began = 0.0, time.perf_counter()

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
        value = float(loss.detach())
        self.batch, self.seen = self.batch + 1, self.seen + len(labels)
        self.loss_sum += value * len(labels)
        return value

    def _loss(self, images: Tensor, labels: Tensor) -> Tensor:
        low = self.way.precision == "bfloat16"
        with torch.autocast(images.device.type, torch.bfloat16, enabled=low):
            shown = images.contiguous(memory_format=self.way.layout)
            logits = self._forward(shown).float()
            told = self.teacher(shown) if self.teacher else None
        smoothing = self.recipe.label_smoothing
        if told is None and not self.recipe.others:
            return F.cross_entropy(logits, labels, label_smoothing=smoothing)
        targets = _targets(labels, told, self.recipe.taught)
        loss = F.cross_entropy(logits, targets, label_smoothing=smoothing)
        # less what the targets leave open, so that to be as unsure as they are costs nothing
        return loss - torch.special.entr(targets).sum(1).mean()

    def end_epoch(self, validation_loss: float) -> bool:
        """Count the epoch, keep it if it is the best so far, and say whether it is."""
        self.epoch += 1
        self._begin_epoch()
        improved = validation_loss < self.best_loss
        if improved:
            self.best_epoch, self.best_loss = self.epoch, validation_loss
            self.best = _copy(self.answering.state_dict())
        return improved

    def checkpoint(self) -> Checkpoint:
        return {
            "epoch": self.epoch, "best_epoch": self.best_epoch, "best_loss": self.best_loss,
            "patient_since": self.patient_since,
            "batch": self.batch, "loss_sum": self.loss_sum, "seen": self.seen,
            "seconds": self.seconds,
            "precision": self.way.precision, "channels_last": self.way.channels_last,
            "compiled": self.way.compiled, "threads": torch.get_num_threads(),
            "best": self.best,
            "network": self.network.state_dict(), "optimizer": self.optimizer.state_dict(),
            "average": self.average.state_dict() if self.average else None,
        }  # fmt: skip

    def load(self, checkpoint: Checkpoint) -> None:
        self.epoch, self.best_epoch = checkpoint["epoch"], checkpoint["best_epoch"]
        self.best_loss, self.best = checkpoint["best_loss"], checkpoint["best"]
        self.batch, self.seen = checkpoint["batch"], checkpoint["seen"]
        self.loss_sum, self._earlier = checkpoint["loss_sum"], checkpoint["seconds"]
        self.patient_since = checkpoint["patient_since"]
        self.network.load_state_dict(checkpoint["network"])
        self.optimizer.load_state_dict(checkpoint["optimizer"])
        if self.average:
            self.average.load_state_dict(checkpoint["average"])


def is_over(recipe: Recipe, epoch: int, best_epoch: int, patient_since: int) -> bool:
    """Whether a training has come to its end by itself after so many epochs: all are done, or the
    recipe's patience has ended."""
    waited = epoch - max(best_epoch, patient_since)
    return epoch >= recipe.epochs or bool(recipe.patience and waited >= recipe.patience)


def _targets(labels: Tensor, told: Tensor | None, share: float) -> Tensor:
    """(B, 10) probabilities to be learned: of `told` (B, 10) by a teacher that share, where there
    is one, the rest of the label; and even ones where the label says no digit (below 0).

    Sources: Hinton et al. (2015), arXiv 1503.02531, and outlier exposure, Hendrycks et al. (2019),
    arXiv 1812.04606.
    """
    targets = F.one_hot(labels.clamp(min=0), CLASSES).float()
    if told is not None:
        targets = torch.lerp(targets, told, share)
    targets[labels < 0] = 1 / CLASSES
    return targets


def _copy(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().clone() for name, tensor in state.items()}
