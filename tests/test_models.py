"""What every network of the zoo must hold: a new entry is tested by being entered."""

import pytest
import torch
from safetensors.torch import load, save
from torch import nn

from digitcore.evaluation import as_input
from digitcore.layers import count_parameters, layer_table
from digitcore.models import ARCHITECTURES, architecture, build
from digitcore.zoo import ZOO

EVERY_ARCHITECTURE = pytest.mark.parametrize("name", ARCHITECTURES)
BY_LETTER = {entry.letter: entry for entry in ZOO.values() if entry.letter}
STATED = {
    "A": 6_349_256, "B": 421_642, "C": 421_642, "D": 225_034, "E": 623_290, "F": 592_074,
    "G": 59_933, "H": 223_274, "I": 225_034,
}  # fmt: skip
POOL = "Max-pooling 2x2"
TWO_SMALL = [
    "Convolution 3x3 32", POOL, "Convolution 3x3 64", POOL, "Dense 128", "Dense 10",
]  # fmt: skip
LAYERS = {
    "A": ["Convolution 3x3 64", "Convolution 3x3 128", POOL, "Dropout", "Dense 250", "Dropout",
          "Dense 10"],
    "B": TWO_SMALL,
    "C": TWO_SMALL,
    "D": [*TWO_SMALL[:4], "Dropout 0.25", "Dense 128", "Dropout 0.5", "Dense 10"],
    "E": ["Dense 784", "Dense 10"],
    "F": ["Convolution 5x5 32", POOL, "Dropout 0.2", "Dense 128", "Dense 10"],
    "G": ["Convolution 5x5 30", POOL, "Convolution 3x3 15", POOL, "Dropout 0.2", "Dense 128",
          "Dense 50", "Dense 10"],
    "H": ["Convolution 3x3 16", POOL, "Convolution 3x3 64", POOL, "Dropout 0.2", "Dense 128",
          "Dropout 0.2", "Dense 64", "Dropout 0.2", "Dense 10"],
    "I": TWO_SMALL,
}  # fmt: skip
AT_MOST = {name: 1_000_000 for name, entry in ZOO.items() if not entry.letter}
AT_MOST["tiny"] = 10_000


@pytest.fixture(scope="module")
def images(few):
    return as_input(few[0].images[:8])


def weights_of(network: nn.Module) -> torch.Tensor:
    return torch.cat([weights.flatten() for weights in network.parameters()])


@pytest.mark.parametrize("name", ZOO)
def test_zoo_entry_is_filed_by_its_name_and_has_a_network(name):
    entry = ZOO[name]
    assert entry.name == name
    assert entry.recipe.network in ARCHITECTURES
    assert entry.description
    assert entry.origin
    assert entry.recipe_origin
    assert entry.claimed is None or 0.9 < entry.claimed < 1


def test_the_letters_of_the_zoo_are_those_asked_for():
    assert sorted(BY_LETTER) == sorted(STATED)


def test_no_network_is_without_an_entry():
    assert {entry.recipe.network for entry in ZOO.values()} == set(ARCHITECTURES)


@EVERY_ARCHITECTURE
def test_gives_ten_finite_logits_for_one_image_and_for_many(name, images):
    network = build(name).eval()
    with torch.inference_mode():
        many, one = network(images), network(images[:1])
    assert many.shape == (8, 10)
    assert one.shape == (1, 10)
    assert many.isfinite().all()
    torch.testing.assert_close(one, many[:1], atol=1e-4, rtol=1e-4)


@EVERY_ARCHITECTURE
def test_gives_logits_and_not_probabilities(name, images):
    with torch.inference_mode():
        logits = build(name).eval()(images)
    assert (logits < 0).any()
    assert not torch.allclose(logits.exp().sum(1), torch.ones(8), atol=1e-3)


@pytest.mark.parametrize(("letter", "parameters"), STATED.items())
def test_has_the_stated_number_of_parameters(letter, parameters):
    assert count_parameters(build(BY_LETTER[letter].recipe.network)) == parameters


def told(letter: str) -> list[str]:
    """The layers as the list of networks tells them: widths, no activations, no reshaping."""
    words = []
    for row in layer_table(BY_LETTER[letter].recipe.network):
        if row.name.startswith(("Convolution", "Dense")):
            words.append(f"{row.name} {row.output[0]}")
        elif row.name.startswith(("Max", "Dropout")):
            words.append("Dropout" if letter == "A" and "Dropout" in row.name else row.name)
        else:
            assert row.name in ("ReLU", "Flatten")
    return words


@pytest.mark.parametrize(("letter", "layers"), LAYERS.items())
def test_has_the_stated_layers(letter, layers):
    assert told(letter) == layers


@pytest.mark.parametrize("letter", STATED)
def test_every_layer_that_learns_but_the_last_is_followed_by_relu(letter):
    names = [row.name.split()[0] for row in layer_table(BY_LETTER[letter].recipe.network)]
    bare = [name for name in names if name in ("Convolution", "Dense", "ReLU")]
    assert bare[1::2] == ["ReLU"] * (len(bare) // 2)
    assert "ReLU" not in bare[0::2]
    assert bare[-1] == "Dense"


@pytest.mark.parametrize(("name", "most"), AT_MOST.items())
def test_our_own_networks_keep_to_their_limit(name, most):
    assert count_parameters(build(ZOO[name].recipe.network)) <= most


@EVERY_ARCHITECTURE
def test_is_the_same_for_the_same_seed_only(name):
    first = weights_of(build(name, seed=1))
    assert torch.equal(first, weights_of(build(name, seed=1)))
    assert not torch.equal(first, weights_of(build(name, seed=2)))


@EVERY_ARCHITECTURE
def test_building_leaves_the_global_rng_as_it_was(name):
    before = torch.get_rng_state()
    build(name)
    assert torch.equal(torch.get_rng_state(), before)


def test_weights_do_not_depend_on_the_global_rng():
    with torch.random.fork_rng():
        torch.manual_seed(99)
        first = weights_of(build("tiny"))
        torch.manual_seed(100)
        assert torch.equal(first, weights_of(build("tiny")))


@EVERY_ARCHITECTURE
def test_every_parameter_learns(name, images):
    network = build(name).train()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        nn.functional.cross_entropy(network(images), torch.arange(8)).backward()
    still = [
        key for key, weights in network.named_parameters()
        if weights.grad is None or not weights.grad.any()
    ]  # fmt: skip
    assert still == []


@EVERY_ARCHITECTURE
def test_weights_survive_safetensors(name, images):
    network, copy = build(name, seed=3).eval(), build(name, seed=4).eval()
    copy.load_state_dict(load(save(network.state_dict())))
    with torch.inference_mode():
        assert torch.equal(network(images), copy(images))


@EVERY_ARCHITECTURE
def test_layer_table_tells_the_whole_network(name):
    rows = layer_table(name)
    assert len(rows) == len(build(name))
    assert sum(row.parameters for row in rows) == count_parameters(build(name))
    assert rows[-1].output == (10,)
    assert rows[-1].name == "Dense"


def test_layer_table_shows_shapes_and_names():
    rows = layer_table("classic")
    assert [row.name for row in rows[:3]] == ["Convolution 3x3", "Max-pooling 2x2", "ReLU"]
    assert [row.output for row in rows[:3]] == [(32, 28, 28), (32, 14, 14), (32, 14, 14)]
    assert [row.parameters for row in rows[:3]] == [320, 0, 0]
    assert "Dropout 0.25" in [row.name for row in layer_table("wide")]
    assert "Batch norm" in [row.name for row in layer_table("tiny")]


def relu_first(network: nn.Sequential) -> nn.Sequential:
    """The same network with each pooling that stands before a ReLU moved behind it."""
    layers = list(network)
    for i in range(len(layers) - 1):
        if isinstance(layers[i], nn.MaxPool2d) and isinstance(layers[i + 1], nn.ReLU):
            layers[i], layers[i + 1] = layers[i + 1], layers[i]
    return nn.Sequential(*layers)


@pytest.mark.parametrize("letter", [letter for letter in STATED if letter != "E"])
def test_pooling_before_relu_is_relu_before_pooling(letter, images):
    network = build(BY_LETTER[letter].recipe.network).eval()
    swapped = relu_first(network)
    assert [type(layer) for layer in swapped] != [type(layer) for layer in network]
    with torch.inference_mode():
        assert torch.equal(network(images), swapped(images))


def test_unknown_network_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"'resnet'.*classic.*tiny"):
        build("resnet")


def test_a_function_enters_the_registry_by_its_name(monkeypatch):
    monkeypatch.delitem(ARCHITECTURES, "tiny")
    grown = dict(ARCHITECTURES)

    def tiny() -> nn.Sequential:
        return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))

    monkeypatch.setattr("digitcore.models.ARCHITECTURES", grown)
    assert architecture(tiny) is tiny
    assert count_parameters(build("tiny")) == 7850
