"""Occlusion against a network whose reasons are known, and what a network looks for first."""

import numpy as np
import pytest
import torch
from torch import nn

from digitcore.digits import load_mnist
from digitcore.explain import MOST_FILTERS, colour, first_filters, occlusion, paint_filters
from digitcore.models import ARCHITECTURES, build


def reader_of(weights: torch.Tensor) -> nn.Sequential:
    """A network whose logit of digit 3 is the sum of ink times weights, and 0 elsewhere."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    with torch.no_grad():
        network[1].weight.zero_()
        network[1].bias.zero_()
        network[1].weight[3] = weights.flatten()
    return network


def test_ink_that_speaks_for_a_digit_is_positive_and_against_it_negative():
    weights = torch.zeros(28, 28)
    weights[:10], weights[18:] = 1, -1
    image = np.full((28, 28), 255, np.uint8)
    relevance = occlusion(reader_of(weights), image, digit=3)
    assert (relevance[:6] > 0).all()
    assert (relevance[22:] < 0).all()
    assert relevance[14] == pytest.approx(0, abs=1e-4)
    # a patch inside takes away 5 x 5 pixels of ink 1 and weight 1
    assert relevance[4, 14] == pytest.approx(25, rel=0.01)


def test_without_ink_nothing_speaks():
    assert not occlusion(reader_of(torch.ones(28, 28)), np.zeros((28, 28), np.uint8), 3).any()


def test_only_ink_is_relevant_and_coloured():
    image = load_mnist(train=False).images[0].numpy()
    relevance = occlusion(reader_of(torch.randn(28, 28)), image, 3)
    assert not relevance[image == 0].any()
    painted = colour(image, relevance)
    assert painted.shape == (28, 28, 3)
    assert not painted[image == 0].any()


def test_blue_speaks_for_and_orange_against():
    image = np.full((28, 28), 255, np.uint8)
    relevance = np.zeros((28, 28))
    relevance[0, 0], relevance[1, 1] = 2.0, -2.0
    painted = colour(image, relevance).astype(int)
    assert painted[0, 0, 2] > painted[0, 0, 0]
    assert painted[1, 1, 0] > painted[1, 1, 2]
    assert painted[5, 5].tolist() == [110, 110, 110]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_network_shows_its_first_filters(name):
    network = build(name)
    filters = first_filters(network)
    count, side, other = filters.shape
    assert 1 <= count <= MOST_FILTERS
    assert side == other
    first = next(weights for weights in network.parameters() if weights.ndim > 1)
    assert filters.ravel() == pytest.approx(first[:count].detach().numpy().ravel())
    painted = paint_filters(filters)
    assert painted.shape == (count, side, side, 3)
    assert painted.dtype == np.uint8


def test_filters_are_a_copy_that_the_network_does_not_change():
    network = build("dense")
    filters = first_filters(network)
    before = filters.copy()
    with torch.no_grad():
        network.get_parameter("1.weight").add_(1)
    assert (filters == before).all()


def test_a_dense_network_looks_at_the_whole_image():
    weights = torch.randn(28, 28)
    assert first_filters(reader_of(weights))[3] == pytest.approx(weights.numpy())


def test_filters_are_blue_for_ink_and_orange_against_it_and_each_has_its_full_colour():
    filters = np.zeros((3, 2, 2))
    filters[0] = [[4.0, -4.0], [2.0, 0.0]]
    filters[1] = filters[0] / 1000
    painted = paint_filters(filters)
    assert painted[0, 0, 0].tolist() == [64, 160, 255]
    assert painted[0, 0, 1].tolist() == [255, 140, 40]
    assert painted[0, 1, 0].tolist() == [32, 80, 128]
    assert (painted[1] == painted[0]).all()
    assert not painted[0, 1, 1].any()
    assert not painted[2].any()  # and nothing is divided by nothing
