"""The neighbours' view: whom it asks for, in which set, and what it says where there is nothing."""

import io

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from digitcore.digits import load_mnist
from digitcore.own.store import About, own_sets


def view() -> None:
    import streamlit as st

    from ui.explore import neighbours
    from ui.explore.chosen import load_catalogue
    from ui.words import in_words

    with in_words():
        neighbours.show(load_catalogue(st.session_state.of))


@pytest.fixture
def opened(runs):
    """Gives the view of an own set of these test digits."""

    def give(places: list[int], **kept) -> AppTest:
        test = load_mnist(train=False).take(places)
        own_sets().save("mine", test.images.numpy(), test.labels.numpy(), About("a test"))
        app = AppTest.from_function(view, default_timeout=60)
        app.session_state.of = "mine"
        for name, value in kept.items():
            app.session_state[name] = value
        return app.run()

    return give


def words(app: AppTest) -> str:
    return "\n".join(part.value for part in [*app.markdown, *app.caption, *app.info, *app.warning])


def test_a_digit_finds_its_double_first_and_is_not_its_own_neighbour(opened):
    app = opened([1, 2, 1, 3])
    assert not app.exception
    assert "mine, digit 0, labelled 2" in words(app)
    assert "Of the 3 nearest, 1 is labelled 0, 1 is labelled 1 and 1 is labelled 2." in words(app)
    app.number_input(key="near-number").set_value(3).run()
    assert "mine, digit 3, labelled 0" in words(app)
    before = app.number_input(key="near-number").value
    app.button(key="near lot").click().run()
    assert app.number_input(key="near-number").value != before


def test_a_set_of_one_digit_says_where_else_to_search(opened):
    app = opened([7])
    assert not app.exception
    assert "no other digit" in words(app)


def test_a_set_of_one_class_has_no_stranger(opened):
    same = np.flatnonzero(load_mnist(train=False).labels == 5)[:3].tolist()
    assert "No digit of this set has another label." in words(opened(same))


def test_another_model_has_to_go_through_the_set_first(opened):
    app = opened([1, 2, 3], **{"near-model": "dense"})
    assert not app.exception
    assert "dense has not gone through these 3 digits yet" in words(app)
    assert app.button(key="near read")


def test_without_a_drawing_it_says_what_to_do(opened):
    assert "Draw a digit on the Draw page" in words(opened([1, 2], **{"near-to": "my drawing"}))


def test_a_drawing_finds_digits_too(opened):
    file = io.BytesIO()
    Image.fromarray(255 - load_mnist(train=False).images[1].numpy()).resize((280, 280)).save(
        file, "PNG"
    )
    drawn = {"near-to": "my drawing", "pad_strokes": [{}], "pad_picture": file.getvalue()}
    app = opened([1, 2, 3], **drawn)
    assert not app.exception
    assert "Your drawing" in words(app)
    assert "The nearest that is no" in words(app)
