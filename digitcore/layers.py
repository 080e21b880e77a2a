"""The layers of a network as a table: their shapes, and how many numbers each learns."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from digitcore.deslanting import Deslant
from digitcore.models import Residual, build


@dataclass(frozen=True)
class Layer:
    """One row of a layer table. output: shape without the batch; parameters: trainable numbers."""

    name: str
    output: tuple[int, ...]
    parameters: int


def count_parameters(network: nn.Module) -> int:
    """Trainable numbers of a network."""
    return sum(weights.numel() for weights in network.parameters() if weights.requires_grad)


def layer_table(name: str) -> list[Layer]:
    """The layers of a network in order, with the shape that each gives out for one image."""
    network = build(name).eval()
    values: Tensor = torch.zeros(1, 1, 28, 28)
    rows = []
    for layer in network:
        with torch.inference_mode():
            values = layer(values)
        rows.append(Layer(_describe(layer), tuple(values.shape[1:]), count_parameters(layer)))
    return rows


def _describe(layer: nn.Module) -> str:
    match layer:
        case nn.Conv2d():
            return f"Convolution {layer.kernel_size[0]}x{layer.kernel_size[1]}"
        case nn.MaxPool2d():
            return f"Max-pooling {layer.kernel_size}x{layer.kernel_size}"
        case nn.BatchNorm2d():
            return "Batch norm"
        case Deslant():
            return "Deslanting"
        case Residual():
            return "Residual block"
        case nn.Dropout():
            return f"Dropout {layer.p:g}"
        case nn.Linear():
            return "Dense"
        case _:
            return type(layer).__name__
