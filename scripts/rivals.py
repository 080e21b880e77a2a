"""The training that others would write, to measure ours against; nothing here is ours.

`python -m scripts.rivals --workers 2` prints the images per second of a plain PyTorch loop, as in
PyTorch's own MNIST example: the textbook network B, float32, Adam, and torchvision's transforms
on PIL images in a DataLoader.
"""

import argparse
import time

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import MNIST

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


def images_per_second(workers: int, batches: int, batch_size: int) -> float:
    """Network C's warp by torchvision, training included."""
    road = transforms.Compose(
        [
            transforms.RandomAffine(10, shear=10, scale=(0.8, 1.2)),
            transforms.RandomPerspective(0.2, p=0.5),
            transforms.ToTensor(),
        ]
    )
    digits = MNIST("data", train=True, transform=road)
    loader = DataLoader(digits, batch_size, shuffle=True, num_workers=workers)
    network = TextbookNet()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.002)
    began = 0.0
    for done, (images, labels) in enumerate(loader, start=1):
        optimizer.zero_grad()
        loss = F.cross_entropy(network(images), labels)
        loss.backward()
        optimizer.step()
        if done == WARM_UP:
            began = time.perf_counter()
        if done == WARM_UP + batches:
            break
    return batches * batch_size / (time.perf_counter() - began)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--batches", type=int, default=150)
    parser.add_argument("--batch-size", type=int, default=128)
    arguments = parser.parse_args()
    print(images_per_second(arguments.workers, arguments.batches, arguments.batch_size))
