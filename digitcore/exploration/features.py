"""What a network has made of an image just before its last layer decides."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from digitcore.evaluation import Floats, as_input

AT_ONCE = 32  # images: as in evaluation.py, small batches stay in the caches


def feature_parts(network: nn.Sequential, images: Tensor) -> Iterator[Floats]:
    """float32 (32, D) features of uint8 (N, 28, 28) images, part by part: the last one's input.

    Leaves the network in eval mode. D hangs on the network, from 50 to 1,152.
    """
    body = network[:-1].eval()
    device = next(network.parameters()).device
    for part in images.split(AT_ONCE):
        with torch.inference_mode():
            yield body(as_input(part.to(device))).flatten(1).cpu().numpy()


def features(network: nn.Sequential, images: Tensor) -> Floats:
    """float32 (N, D) features of uint8 (N, 28, 28) images; N must be at least 1."""
    return np.concatenate(list(feature_parts(network, images)))
