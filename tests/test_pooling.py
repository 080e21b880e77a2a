"""Pooling that learns faster: torch's own numbers, to the last bit, forwards and backwards."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from digitcore.models import ARCHITECTURES, build
from digitcore.pooling import QuickPool, quicken


def pooled(layer, images, weights):
    """What a layer gives for images, and their gradient where the answers count by weights."""
    images = images.clone(memory_format=torch.preserve_format).requires_grad_()
    answers = layer(images)
    (answers * weights[..., : answers.shape[2], : answers.shape[3]]).sum().backward()
    return answers.detach(), images.grad


@given(
    side=st.integers(2, 9), wider=st.integers(0, 3), values=st.integers(1, 9), seed=st.integers(0)
)
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_numbers_and_gradients_are_torchs_also_where_pixels_are_equal(
    side, wider, values, seed, precision
):
    """Few values: most windows hold their maximum more than once."""
    generator = torch.Generator().manual_seed(seed % 2**31)
    images = torch.randint(-values, values, (3, 2, side, side + wider), generator=generator)
    images = images.to(precision).contiguous(memory_format=torch.channels_last)
    weights = torch.randn(3, 2, side, side + wider, generator=generator).to(precision)
    quick, own = (pooled(layer, images, weights) for layer in (QuickPool(2), nn.MaxPool2d(2)))
    assert torch.equal(quick[0], own[0])
    assert torch.equal(quick[1], own[1])


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_quickened_networks_keep_their_layers_weights_and_answers(name):
    network, quick = build(name).eval(), build(name).eval()
    quicken(quick)
    images = torch.rand(4, 1, 28, 28)
    assert torch.equal(network(images), quick(images))
    assert network.state_dict().keys() == quick.state_dict().keys()
    pools = [layer for layer in quick if isinstance(layer, nn.MaxPool2d)]
    assert all(isinstance(layer, QuickPool) for layer in pools)


def test_other_pooling_is_left_alone():
    network = nn.Sequential(nn.MaxPool2d(3), nn.MaxPool2d(2, stride=1), nn.AvgPool2d(2))
    quicken(network)
    assert [type(layer) for layer in network] == [nn.MaxPool2d, nn.MaxPool2d, nn.AvgPool2d]
