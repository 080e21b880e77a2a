"""The zoo: small networks, each a function that reads like the architecture.

All take float (N, 1, 28, 28) in 0..1, ink 1 on background 0, and return (N, 10) logits.
A network's recipe is in zoo.py; the comments give channels x height x width after a layer.
Max-pooling comes before ReLU: the result is the same, on a quarter of the numbers.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from digitcore.deslanting import Deslant
from digitcore.packing import unpacked

Build = Callable[[], nn.Sequential]
ARCHITECTURES: dict[str, Build] = {}


def architecture(build: Build) -> Build:
    """Enter a network in the registry under its function's name, with hyphens."""
    ARCHITECTURES[build.__name__.replace("_", "-")] = build
    return build


def build(name: str, seed: int = 0) -> nn.Sequential:
    """A new network with the weights that `seed` gives. Leaves torch's global RNG as it was."""
    if name not in ARCHITECTURES:
        raise ValueError(f"No network is called {name!r}. Choose from: {', '.join(ARCHITECTURES)}.")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return ARCHITECTURES[name]()


def load_weights(network: nn.Module, weights: dict[str, Tensor]) -> None:
    """Weights as packing.py keeps them into a network in single precision. RuntimeError if they
    misfit."""
    try:
        network.load_state_dict(unpacked(weights))
    except KeyError as missing:  # bytes or their steps
        raise RuntimeError(f"There are no weights {missing}.") from missing


@architecture
def wide() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 64, 3, padding="same"),  # 64x28x28
        nn.ReLU(),
        nn.Conv2d(64, 128, 3, padding="same"),  # 128x28x28
        nn.MaxPool2d(2),  # 128x14x14
        nn.ReLU(),
        nn.Dropout(0.25),
        nn.Flatten(),
        nn.Linear(128 * 14 * 14, 250),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(250, 10),
    )


@architecture
def classic() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding="same"),  # 32x28x28
        nn.MaxPool2d(2),  # 32x14x14
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, padding="same"),  # 64x14x14
        nn.MaxPool2d(2),  # 64x7x7
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(64 * 7 * 7, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )


@architecture
def cautious() -> nn.Sequential:
    network = nn.Sequential(
        nn.Conv2d(1, 32, 3),  # 32x26x26
        nn.MaxPool2d(2),  # 32x13x13
        nn.ReLU(),
        nn.Conv2d(32, 64, 3),  # 64x11x11
        nn.MaxPool2d(2),  # 64x5x5
        nn.ReLU(),
        nn.Dropout(0.25),
        nn.Flatten(),
        nn.Linear(64 * 5 * 5, 128),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(128, 10),
    )
    for layer in network:
        if isinstance(layer, nn.Conv2d | nn.Linear):  # its authors start from He normal
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return network


@architecture
def dense() -> nn.Sequential:
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 784),
        nn.ReLU(),
        nn.Linear(784, 10),
    )


@architecture
def single() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 32, 5),  # 32x24x24
        nn.MaxPool2d(2),  # 32x12x12
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Flatten(),
        nn.Linear(32 * 12 * 12, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )


@architecture
def slim() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 30, 5),  # 30x24x24
        nn.MaxPool2d(2),  # 30x12x12
        nn.ReLU(),
        nn.Conv2d(30, 15, 3),  # 15x10x10
        nn.MaxPool2d(2),  # 15x5x5
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Flatten(),
        nn.Linear(15 * 5 * 5, 128),
        nn.ReLU(),
        nn.Linear(128, 50),
        nn.ReLU(),
        nn.Linear(50, 10),
    )


@architecture
def funnel() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 16, 3),  # 16x26x26
        nn.MaxPool2d(2),  # 16x13x13
        nn.ReLU(),
        nn.Conv2d(16, 64, 3),  # 64x11x11
        nn.MaxPool2d(2),  # 64x5x5
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Flatten(),
        nn.Linear(64 * 5 * 5, 128),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(128, 64),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(64, 10),
    )


@architecture
def plain() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 32, 3),  # 32x26x26
        nn.MaxPool2d(2),  # 32x13x13
        nn.ReLU(),
        nn.Conv2d(32, 64, 3),  # 64x11x11
        nn.MaxPool2d(2),  # 64x5x5
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(64 * 5 * 5, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )


@architecture
def strong() -> nn.Sequential:
    return nn.Sequential(
        *_conv(1, 32, 3),  # 32x26x26
        *_conv(32, 48, 3),  # 48x24x24
        nn.MaxPool2d(2),  # 48x12x12
        *_conv(48, 64, 3),  # 64x10x10
        *_conv(64, 96, 3, padding=1),  # 96x10x10
        *_conv(96, 96, 3),  # 96x8x8
        nn.MaxPool2d(2),  # 96x4x4
        *_conv(96, 160, 3),  # 160x2x2
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(160 * 2 * 2, 10),
    )


@architecture
def broad() -> nn.Sequential:
    return nn.Sequential(
        *_conv(1, 32, 5, stride=2, padding=2),  # 32x14x14
        *_conv(32, 64, 5, padding=2),  # 64x14x14
        nn.MaxPool2d(2),  # 64x7x7
        *_conv(64, 96, 5, padding=2),  # 96x7x7
        *_conv(96, 128, 5),  # 128x3x3
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(128 * 3 * 3, 10),
    )


@architecture
def residual() -> nn.Sequential:
    return nn.Sequential(
        *_conv(1, 32, 3),  # 32x26x26
        *_conv(32, 48, 3, stride=2, padding=1),  # 48x13x13
        Residual(*_conv(48, 48, 3, padding=1), *_conv(48, 48, 3, padding=1)),
        *_conv(48, 96, 3, stride=2, padding=1),  # 96x7x7
        Residual(*_conv(96, 96, 3, padding=1), *_conv(96, 96, 3, padding=1)),
        nn.MaxPool2d(2),  # 96x3x3
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(96 * 3 * 3, 10),
    )


@architecture
def tiny() -> nn.Sequential:
    return nn.Sequential(
        *_conv(1, 8, 3),  # 8x26x26
        *_conv(8, 12, 3),  # 12x24x24
        nn.MaxPool2d(2),  # 12x12x12
        *_conv(12, 16, 3),  # 16x10x10
        *_conv(16, 20, 3),  # 20x8x8
        nn.MaxPool2d(2),  # 20x4x4
        nn.Flatten(),
        nn.Linear(20 * 4 * 4, 10),
    )


@architecture
def keen() -> nn.Sequential:
    return nn.Sequential(
        *_conv(1, 48, 3),  # 48x26x26
        *_conv(48, 64, 3),  # 64x24x24
        nn.MaxPool2d(2),  # 64x12x12
        *_conv(64, 96, 3),  # 96x10x10
        *_conv(96, 128, 3, padding=1),  # 128x10x10
        *_conv(128, 128, 3),  # 128x8x8
        nn.MaxPool2d(2),  # 128x4x4
        *_conv(128, 192, 3),  # 192x2x2
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(192 * 2 * 2, 10),
    )


@architecture
def ample() -> nn.Sequential:
    return nn.Sequential(
        *_conv(1, 48, 3),  # 48x26x26
        *_conv(48, 64, 3),  # 64x24x24
        nn.MaxPool2d(2),  # 64x12x12
        *_conv(64, 96, 5),  # 96x8x8
        *_conv(96, 128, 5, padding=2),  # 128x8x8
        nn.MaxPool2d(2),  # 128x4x4
        *_conv(128, 192, 3),  # 192x2x2
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(192 * 2 * 2, 10),
    )


@architecture
def upright() -> nn.Sequential:
    return nn.Sequential(Deslant(), *keen())


@architecture
def upright_strong() -> nn.Sequential:
    return nn.Sequential(Deslant(), *strong())


class Residual(nn.Sequential):
    """Adds what its layers make of the input to the input. Source: He et al. (2015), 1512.03385."""

    def forward(self, input: Tensor) -> Tensor:
        return input + super().forward(input)  # type: ignore[no-untyped-call]


def _conv(channels_in: int, channels: int, kernel: int, **more: int) -> tuple[nn.Module, ...]:
    """Convolution, batch norm (which makes a bias needless), ReLU."""
    convolution = nn.Conv2d(channels_in, channels, kernel, bias=False, **more)  # type: ignore[arg-type]
    return convolution, nn.BatchNorm2d(channels), nn.ReLU()
