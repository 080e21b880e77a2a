"""Recipes: what is written is what is read, and what cannot be trained is refused by name."""

import json
from dataclasses import FrozenInstanceError, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitcore.augment import Warp
from digitcore.digits import HELD_OUT_SHARE
from digitcore.folder import NAME
from digitcore.models import ARCHITECTURES
from digitcore.recipes import OPTIMIZERS, PRECISIONS, SCHEDULES, Recipe
from digitcore.zoo import ZOO

warps = st.builds(
    Warp,
    rotation=st.floats(0, 180),
    shear=st.floats(0, 60),
    scale=st.tuples(st.floats(0.2, 1), st.floats(1, 3)),
    shift=st.floats(0, 0.5),
    perspective=st.floats(0, 0.6),
    perspective_p=st.floats(0, 1),
    elastic=st.floats(0, 5),
    thickness=st.floats(0, 1),
    cover=st.floats(0, 28),
    noise=st.floats(0, 1),
)
recipes = (
    st.builds(
        Recipe,
        network=st.sampled_from(sorted(ARCHITECTURES)),
        epochs=st.integers(1, 1000),
        batch_size=st.integers(2, 4096),
        optimizer=st.sampled_from(OPTIMIZERS),
        learning_rate=st.floats(1e-7, 10),
        schedule=st.sampled_from(SCHEDULES),
        weight_decay=st.floats(0, 1),
        label_smoothing=st.floats(0, 0.5),
        average=st.floats(0, 0.9999),
        warp=warps,
        digits=st.just(0) | st.integers(100, 30_000),
        validation_share=st.floats(HELD_OUT_SHARE, 0.5),
        precision=st.sampled_from(PRECISIONS),
        seed=st.integers(0, 2**31 - 1),
        penned=st.integers(0, 60_000),
        others=st.integers(0, 60_000),
        unwarped=st.integers(0, 1000),
        teachers=st.lists(st.from_regex(NAME, fullmatch=True), max_size=5, unique=True).map(tuple),
        taught=st.floats(0, 1),
    )
    | st.builds(
        Recipe,
        network=st.sampled_from(sorted(ARCHITECTURES)),
        patience=st.integers(0, 1000),
    )
    | st.builds(
        Recipe,
        network=st.sampled_from(sorted(ARCHITECTURES)),
        own=st.from_regex(NAME, fullmatch=True),
        mnist=st.booleans(),
        own_learned=st.integers(2, 100_000),
        own_fingerprint=st.text("0123456789abcdef", min_size=16, max_size=16),
    )
)
OWN = ("own", "own_fingerprint")
OTHER = ("mnist", "warp", "teachers")
NAMES = ("network", "optimizer", "schedule", "precision")
WHOLE = ("epochs", "batch_size", "patience", "digits", "seed", "own_learned", "penned", "others",
         "unwarped")  # fmt: skip
REAL = ("learning_rate", "weight_decay", "label_smoothing", "average", "validation_share",
        "taught")  # fmt: skip
OUT_OF_RANGE = [
    ("epochs", 0), ("epochs", 1001), ("epochs", -5),
    ("batch_size", 1), ("batch_size", 4097),
    ("learning_rate", 0), ("learning_rate", 11), ("learning_rate", -0.001),
    ("weight_decay", -0.1), ("weight_decay", 1.1),
    ("label_smoothing", -0.1), ("label_smoothing", 0.6),
    ("patience", -1), ("patience", 1001),
    ("average", -0.1), ("average", 1.0),
    ("digits", -1), ("digits", 60_001),
    ("seed", -1), ("seed", 2**31), ("own_learned", -1),
    ("penned", -1), ("penned", 60_001), ("others", -1), ("others", 60_001),
    ("unwarped", -1), ("unwarped", 1001), ("taught", -0.1), ("taught", 1.1),
    ("validation_share", 0.05), ("validation_share", 0.51),
]  # fmt: skip


def text_with(**changes: object) -> str:
    return json.dumps({**json.loads(Recipe("tiny").to_json()), **changes})


@pytest.mark.parametrize("name", ZOO)
def test_zoo_recipe_survives_json(name):
    recipe = ZOO[name].recipe
    assert Recipe.from_json(recipe.to_json()) == recipe


@given(recipes)
def test_any_recipe_survives_json(recipe):
    assert Recipe.from_json(recipe.to_json()) == recipe


def test_json_shows_one_field_a_line():
    lines = Recipe("tiny").to_json().splitlines()
    for field in fields(Recipe):
        assert sum(line.startswith(f'  "{field.name}":') for line in lines) == 1


def test_fields_that_are_not_written_have_their_defaults():
    assert Recipe.from_json('{"network": "tiny"}') == Recipe("tiny")
    assert Recipe.from_json('{"network": "tiny", "warp": {"shift": 0.1}}').warp == Warp(shift=0.1)


def test_every_field_is_held_by_these_tests():
    assert {field.name for field in fields(Recipe)} == {*NAMES, *WHOLE, *REAL, *OWN, *OTHER}


@pytest.mark.parametrize(("name", "value"), OUT_OF_RANGE)
def test_value_out_of_range_is_refused_by_name_and_limits(name, value):
    with pytest.raises(ValueError, match=rf"^{name} must lie between .* and .*, not "):
        replace(Recipe("tiny"), **{name: value})


def test_early_stopping_and_last_epochs_without_warps_do_not_go_together():
    with pytest.raises(
        ValueError, match=r"before its last epochs.* Set early stopping \(patience\) or last"
    ):
        Recipe("tiny", patience=3, unwarped=2)


@pytest.mark.parametrize(
    ("teachers", "words"),
    [
        ("keen", "must be names of models, not 'keen'"),
        (("keen", 3), "must be names of models"),
        (("../keen",), "'../keen' is no name of a model"),
        (("keen", "keen"), "each named once"),
        (tuple(f"model-{number}" for number in range(21)), "at most 20 models"),
    ],
)
def test_teachers_are_names_of_different_models(teachers, words):
    with pytest.raises(ValueError, match=rf"^teachers.*{words}"):
        Recipe("tiny", teachers=teachers)


def test_as_it_begins_it_warps_however_long_it_goes_on():
    """The range test's hundred steps may be many times the epochs of a small set."""
    warp = Warp(rotation=10)
    for unwarped in (0, 1, 2):
        begun = Recipe("tiny", epochs=2, warp=warp, unwarped=unwarped).as_it_begins()
        assert {begun.warp_of(epoch) for epoch in (1, 2, 3, 100)} == {
            Warp() if unwarped == 2 else warp
        }


def test_a_whole_number_stands_for_the_same_rate():
    recipe = Recipe.from_json('{"network": "dense", "optimizer": "sgd", "learning_rate": 1}')
    assert isinstance(recipe.learning_rate, float)
    assert recipe.to_json() == replace(recipe, learning_rate=1.0).to_json()


@pytest.mark.parametrize(("digits", "share", "fits"), [(48_000, 0.2, True), (48_001, 0.2, False)])
def test_no_more_digits_are_learned_from_than_are_not_held_out(digits, share, fits):
    if fits:
        assert Recipe("tiny", digits=digits, validation_share=share).learned == digits
        return
    with pytest.raises(ValueError, match="digits must be at most 48,000, not 48,001: of the 60,00"):
        Recipe("tiny", digits=digits, validation_share=share)


def test_the_last_epochs_are_those_without_warps():
    recipe = Recipe("tiny", epochs=3, warp=Warp(rotation=5), unwarped=2)
    assert [recipe.warp_of(epoch).rotation for epoch in (1, 2, 3)] == [5, 0, 0]
    assert replace(recipe, unwarped=0).warp_of(3).rotation == 5


@pytest.mark.parametrize("name", NAMES)
def test_unknown_choice_is_refused_with_the_known_ones(name):
    known = getattr(Recipe("tiny"), name)
    with pytest.raises(ValueError, match=rf"^{name} must be one of .*{known}.*, not 'nonsense'"):
        replace(Recipe("tiny"), **{name: "nonsense"})


@pytest.mark.parametrize("name", [*NAMES, *WHOLE, *REAL, *OWN, "mnist"])
@pytest.mark.parametrize("value", [None, "../many", [1], {}])
def test_value_of_the_wrong_kind_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=name):
        Recipe.from_json(text_with(**{name: value}))


@pytest.mark.parametrize("name", WHOLE)
def test_half_a_count_is_refused_by_name(name):
    with pytest.raises(ValueError, match=name):
        replace(Recipe("tiny"), **{name: 200.5})


@pytest.mark.parametrize("name", [*WHOLE, *REAL])
@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_number_that_is_none_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=name):
        Recipe.from_json(f'{{"network": "tiny", "{name}": {value}}}')


def test_a_single_digit_is_too_few_to_train_on():
    with pytest.raises(ValueError, match="digits"):
        Recipe("tiny", digits=1)


@pytest.mark.parametrize("warp", [None, [], [1], "much", 3, {"scale": 1}, {"rotation": "10"}])
def test_warp_of_the_wrong_kind_is_refused(warp):
    with pytest.raises(ValueError, match=r"(?i)warp"):
        Recipe.from_json(text_with(warp=warp))


def test_bad_warp_value_is_refused_by_name():
    with pytest.raises(ValueError, match="rotation"):
        Recipe.from_json(text_with(warp={"rotation": 500}))


def test_unknown_fields_are_refused_by_name():
    with pytest.raises(ValueError, match="recipe has no field colour, mood"):
        Recipe.from_json(text_with(mood=1, colour="red"))
    with pytest.raises(ValueError, match="warp has no field blur"):
        Recipe.from_json(text_with(warp={"blur": 1}))


@pytest.mark.parametrize("text", ["[]", "3", "null", '"tiny"', "true"])
def test_json_that_is_no_object_is_refused(text):
    with pytest.raises(ValueError, match="JSON object"):
        Recipe.from_json(text)


@pytest.mark.parametrize("text", ["", "{", "network: tiny"])
def test_text_that_is_no_json_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        Recipe.from_json(text)


def test_recipe_without_a_network_is_refused_by_name():
    with pytest.raises(ValueError, match="network"):
        Recipe.from_json('{"epochs": 3}')


@pytest.mark.parametrize("name", ZOO)
def test_zoo_recipe_holds_out_the_digits_that_models_are_compared_on(name):
    recipe = ZOO[name].recipe
    assert recipe.validation_share >= HELD_OUT_SHARE
    assert recipe.digits == 0


def test_recipe_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        Recipe("tiny").epochs = 3
