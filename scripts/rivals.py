"""The training that others would write, to measure ours against; none of what it does is ours.

Each is a plain PyTorch loop, as in PyTorch's own MNIST example, over the textbook network B in
float32 with Adam, and prints its images per second, or with --alone those of its images' source:

`python -m scripts.rivals tilted --workers 2`: torchvision's transforms on PIL images in a
DataLoader, with network C's warp. `elastic`: the same with that of our own networks.
`python -m scripts.rivals loader`: no warps, float images in memory in a DataLoader.
`python -m scripts.rivals slices`: the same without a DataLoader, the faster way to do it.
"""

import argparse
import time
from collections.abc import Iterable

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset
from torchvision import transforms
from torchvision.datasets import MNIST

from digitcore.digits import load_mnist

WARM_UP = 20  # batches that are not counted


class TextbookNet(nn.Module):
    """Network B as its layers are listed: each convolution, then ReLU, then pooling."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.fc1 = nn.Linear(3136, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.relu(self.fc1(torch.flatten(x, 1))))


Batches = Iterable[tuple[torch.Tensor, torch.Tensor]]

# Network C's warp by torchvision, and zoo.PEN but for its strokes' thickness. Noise blurred over
# 2.5 pixels at a strength of 18.8 comes to PEN's bending: 0.7 pixels root mean square, as smooth.
WARPS = {
    "tilted": [
        transforms.RandomAffine(10, shear=10, scale=(0.8, 1.2)),
        transforms.RandomPerspective(0.2, p=0.5),
    ],
    "elastic": [
        transforms.RandomAffine(12, shear=12, scale=(0.8, 1.15), translate=(0.08, 0.08)),
        transforms.ElasticTransform(18.8, 2.5),
    ],
}


def from_pil(warp: str, batch_size: int, workers: int) -> Batches:
    road = transforms.Compose([*WARPS[warp], transforms.ToTensor()])
    digits = MNIST("data", train=True, transform=road)
    return DataLoader(digits, batch_size, shuffle=True, num_workers=workers)


def in_memory() -> tuple[torch.Tensor, torch.Tensor]:
    """All images as float32 (N, 1, 28, 28) in 0..1, and their labels."""
    digits = MNIST("data", train=True)
    return digits.data.unsqueeze(1).float() / 255, digits.targets


def from_loader(batch_size: int) -> Batches:
    return DataLoader(TensorDataset(*in_memory()), batch_size, shuffle=True)


def from_slices(batch_size: int) -> Batches:
    images, labels = in_memory()
    for chosen in torch.randperm(len(labels)).split(batch_size):
        yield images[chosen], labels[chosen]


def images_per_second(source: Batches, batches: int, batch_size: int, learn: bool) -> float:
    """Of training, or where nothing is to be learned, of the source alone."""
    network = TextbookNet()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.002)
    began = 0.0
    for done, (images, labels) in enumerate(source, start=1):
        if learn:
            optimizer.zero_grad()
            loss = F.cross_entropy(network(images), labels)
            loss.backward()
            optimizer.step()
        if done == WARM_UP:
            began = time.perf_counter()
        if done == WARM_UP + batches:
            break
    return batches * batch_size / (time.perf_counter() - began)


def main() -> None:
    load_mnist(train=True)  # unpacks the shipped archives to where torchvision looks for them
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("source", choices=(*WARPS, "loader", "slices"))
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--batches", type=int, default=150)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--alone", action="store_true", help="nothing is learned")
    asked = parser.parse_args()
    match asked.source:
        case "loader":
            source = from_loader(asked.batch_size)
        case "slices":
            source = from_slices(asked.batch_size)
        case warp:
            source = from_pil(warp, asked.batch_size, asked.workers)
    print(images_per_second(source, asked.batches, asked.batch_size, not asked.alone))


if __name__ == "__main__":
    main()
