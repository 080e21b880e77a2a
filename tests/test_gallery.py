"""The gallery's widgets: what they ask for is what is shown, in the address and in words."""

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitcore.evaluation import predict
from digitcore.exploration.catalogue import MNIST
from digitcore.exploration.catalogue import of_mnist as whole
from digitcore.exploration.selection import MEASURED, Range, Selection
from digitcore.runs import RunStore
from tests.catalogues import small
from ui.explore import filters, gallery, large, picked
from ui.explore.answers import UNLEARNED, answers_to, answers_words
from ui.explore.sent import MOST, SENT, Sent, decode, encode
from ui.explore.told import filter_words, order_words


def draw(name, count, labels):
    """A page that is this view alone; AppTest runs the source of this function."""
    from tests.test_gallery import gallery, small

    gallery.show(small(count, name, labels))


def draw_mnist():
    from tests.test_gallery import gallery, whole

    gallery.show(whole())


def opened(name="mine", count=60, labels=(), **asked) -> AppTest:
    app = AppTest.from_function(draw, args=(name, count, labels), default_timeout=60)
    return run(app, asked)


def run(app: AppTest, asked: dict) -> AppTest:
    for key, value in asked.items():
        app.query_params[key.replace("_", "-")] = value
    app.run()
    assert not app.exception and not app.error
    return app


def tiles(app: AppTest) -> list[str]:
    """The captions of the tiles that are shown."""
    (shown,) = app.get("bidi_component") or [None]
    return [tile["caption"] for tile in json.loads(shown.proto.json)["tiles"]] if shown else []


def numbers(app: AppTest) -> list[int]:
    return [int(words.split("\n")[0].split()[-1].replace(",", "")) for words in tiles(app)]


def test_all_are_shown_at_first_in_pages_of_48():
    app = opened()
    assert numbers(app) == list(range(48))
    assert app.text[0].value == "All 60 digits."
    app.pagination[0].set_value(2).run()
    assert numbers(app) == list(range(48, 60))


def test_what_the_address_asks_for_is_what_is_shown():
    own = small(200)
    low, high = np.quantile(own.table["ink"], [0.2, 0.8]).round().tolist()
    app = opened(count=200, show_class=["4", "7", "9"], show_read="wrongly", show_ink=[low, high],
                 sort_by="Slant", sort_order="highest first")  # fmt: skip
    asked = Selection(labels=(4, 7, 9), right=False, ranges={"ink": Range(low, high)},
                      sort="slant", descending=True)  # fmt: skip
    expected = asked.places(own.table).tolist()
    assert 3 < len(expected) <= 48 and numbers(app) == expected
    assert app.text[0].value == (
        f"{len(expected)} of 200 digits: labelled 4, 7 or 9, read wrongly, ink {low:g} to "
        f"{high:g} pixels. Leaning furthest right first."
    )
    assert app.expander[0].label == "More filters: 1 in use"
    assert tiles(app)[0].endswith(f"Slant {own.table['slant'][expected[0]]:.1f}")
    app.button(key="gallery clear").click().run()
    assert not app.exception and app.text[0].value.startswith("All 200 digits.")
    assert not [key for key in app.query_params if key.startswith("show-")]


def test_other_digits_are_shown_from_their_first_page():
    app = opened(count=200)
    app.pagination[0].set_value(3).run()
    app.segmented_control(key=filters.READ).set_value("rightly").run()
    assert app.pagination[0].value == 1


def test_no_digit_is_said_in_words():
    app = opened(show_class="7", show_answer="1", show_read="rightly")
    assert not tiles(app) and "No digit is like this" in app.info[0].value
    app.button(key="gallery clear").click().run()
    assert len(tiles(app)) == 48


@pytest.mark.parametrize(("count", "labels"), [(1, ()), (5, (3,)), (30, (3, 8))])
def test_small_sets_offer_what_there_is(count, labels):
    app = opened(count=count, labels=labels)
    assert len(tiles(app)) == count
    assert not [pill for pill in app.pills if pill.key == filters.SPLIT]
    classes = [pill for pill in app.pills if pill.key == filters.CLASS]
    assert [pill.options for pill in classes] == ([["3", "8"]] if len(labels) == 2 else [])
    assert bool(app.slider) == (count > 1)


def test_a_wrong_address_asks_for_nothing():
    app = opened(show_class="12", show_read="maybe", show_ink=["0", "many"], sort_by="colour",
                 show_split="test", digits="<b>")  # fmt: skip
    assert app.text[0].value == "All 60 digits."


def draw_either():
    import streamlit as st

    from tests.test_gallery import gallery, small

    name = st.session_state["shown"]
    gallery.show(small({"large": 200, "few": 8}[name], name))


def test_another_set_leaves_no_filter_behind():
    app = AppTest.from_function(draw_either, default_timeout=60)
    own = small(200, "large")
    app.session_state["shown"] = "large"
    median, most = own.table["width"].median(), own.table["width"].max()
    run(app, {"show-width": [median, most]})
    asked = app.text[0].value
    assert "width" in asked and app.expander[0].label == "More filters: 1 in use"
    app.session_state["shown"] = "few"
    app.run()
    app.session_state["shown"] = "large"
    app.run()
    assert not app.exception and app.text[0].value == asked
    assert app.expander[0].label == "More filters: 1 in use"


def test_ticks_of_a_set_that_is_gone_are_not_those_of_the_next():
    app = AppTest.from_function(draw_either, default_timeout=60)
    app.session_state["shown"] = "few"
    app.session_state[picked.PICKED] = {"few": ("of others", {3, 5})}
    run(app, {})
    assert app.session_state[picked.PICKED] == {"few": (small(8).pictures, set())}
    assert "none is ticked any more" in app.toast[0].value
    relabelled = small(8, labels=(1,))
    assert relabelled.pictures == small(8).pictures and relabelled.state != small(8).state


def test_digits_that_were_sent_from_a_set_as_it_was_are_not_those_that_stand_there_now():
    app = AppTest.from_function(draw, args=("mine", 60, ()), default_timeout=60)
    app.session_state[SENT] = Sent("mine", "of others", (3, 5), "odd ones")
    run(app, {"digits": encode([3, 5])})
    assert len(tiles(app)) == 48 and SENT not in app.session_state
    assert "digits" not in app.query_params and "not known any more" in app.toast[0].value


def test_the_pictures_of_a_report_tell_the_answers_of_who_was_asked():
    def report():
        import streamlit as st

        from tests.test_gallery import filters, gallery, whole

        st.session_state[filters.READER], st.session_state[filters.READ] = "dense", "wrongly"
        st.session_state[filters.SPLIT] = ["test"]
        (piece,) = gallery.pieces(whole())
        st.session_state["captions"] = [words for _, words in piece.pictures]

    app = AppTest.from_function(report, default_timeout=60).run()
    assert not app.exception
    found = RunStore().run("dense").predictions("test")
    wrong = np.flatnonzero(~found.right)[: gallery.PICTURED].tolist()
    told = [f"Test {at:,}\n{found.labels[at]}, read as {found.answers[at]} ✖" for at in wrong]
    assert app.session_state["captions"] == told


def test_sent_digits_come_in_their_order_until_they_are_dropped():
    app = opened(digits=encode([7, 40, 3]))
    assert numbers(app) == [7, 40, 3]
    assert "3 digits that were chosen" in app.text[0].value
    app.button(key="gallery drop").click().run()
    assert len(tiles(app)) == 48 and "digits" not in app.query_params


def test_many_sent_digits_do_not_travel():
    app = AppTest.from_function(draw, args=("mine", 300, ()), default_timeout=60)
    chosen = tuple(range(MOST + 1))
    app.session_state[SENT] = Sent("mine", small(300).pictures, chosen, "inside the outline")
    run(app, {"digits": encode([1, 2])})
    assert "digits" not in app.query_params
    assert "inside the outline" in app.text[0].value
    assert f"More than {MOST} do not travel" in app.caption[0].value


def test_places_are_read_from_the_address_as_they_were_written():
    places = (69_999, 0, 35, 36, 1_295)
    assert decode(encode(places), 70_000) == places
    assert decode(encode(places), 1_000) == (0, 35, 36)
    longest = encode(range(70_000 - MOST, 70_000))
    assert len(decode(longest, 70_000)) == MOST
    for wrong in ("", "-", "a--b", "1 2", "zzzzz", "é", f"{longest}-1-2-3"):
        assert decode(wrong, 70_000) == ()


def test_a_model_reads_only_the_digits_whose_answers_are_stored():
    app = AppTest.from_function(draw_mnist, default_timeout=60)
    run(app, {"show-reader": "dense", "show-read": "wrongly", "show-split": "test"})
    mistakes = np.flatnonzero(~RunStore().answers("dense").right)
    assert numbers(app) == mistakes[:48].tolist()
    assert f"{len(mistakes)} of 15,000" in app.text[0].value and "dense" in app.text[0].value
    app.pills(key=filters.SPLIT).set_value(["validation"]).run()
    errors = RunStore().answers("dense", "validation").errors
    assert app.text[0].value.startswith(f"{errors} of 15,000")
    app.pills(key=filters.SPLIT).set_value(["training"]).run()
    assert app.text[0].value.startswith("0 of 15,000")


def test_pieces_say_and_show_the_present_choice():
    def report():
        import streamlit as st

        from tests.test_gallery import gallery, small

        own = small(200)
        gallery.show(own)
        st.session_state["found"] = [*gallery.pieces(own)]

    app = run(AppTest.from_function(report, default_timeout=60), {"show-read": "wrongly"})
    (piece,) = app.session_state["found"]
    wrong = small(200).table.query("not right")
    assert len(piece.pictures) == gallery.PICTURED < len(wrong)
    assert piece.words.startswith(f"{len(wrong)} of 200 digits: read wrongly.")
    assert piece.table["digits"].sum() == piece.table["read wrongly"].sum() == len(wrong)


def draw_large(name, count, place):
    from tests.test_gallery import MNIST, large, small, whole

    known = whole() if name == MNIST else small(count, name)
    if "begun" not in large.st.session_state:
        large.st.session_state["begun"] = True
        large.turn_to(place)
    large.show_large(known, range(0, count, 2))


def open_large(name, count, place) -> AppTest:
    app = AppTest.from_function(draw_large, args=(name, count, place), default_timeout=60).run()
    assert not app.exception and not app.error and not app.warning
    return app


def heading(app: AppTest) -> str:
    return app.markdown[0].value


def test_a_large_digit_leads_to_its_neighbours_in_the_list():
    app = open_large(MNIST, 60, 2)
    known = whole()
    assert heading(app) == f"**{known.title(2)}, a {known.labels[2]}**"
    assert app.caption[0].value == "2 of 30"
    app.button(key="digit Next").click().run()
    assert heading(app).startswith(f"**{known.title(4)},") and not app.exception
    app.button(key="digit Previous").click().run()
    app.button(key="digit Previous").click().run()
    assert heading(app).startswith(f"**{known.title(0)},")
    assert app.button(key="digit Previous").disabled


def test_a_large_digit_shows_its_values_measures_and_nearest():
    app, known = open_large("mine", 60, 4), small(60)
    values = np.array([row.split() for row in app.code[0].value.split("\n")], dtype=int)
    assert (values == known.images[4]).all()
    table = app.dataframe[0].value
    assert table["Value"].tolist() == pytest.approx(known.table.loc[4, list(MEASURED)].tolist())
    gaps = known.images.reshape(60, -1) / 255 - known.images[4].ravel() / 255
    nearest = np.argsort(np.linalg.norm(gaps, axis=1), kind="stable")[1 : large.NEAR + 1]
    shown = [json.loads(part.proto.json) for part in app.get("bidi_component")]
    by_pixels = next(part["tiles"] for part in shown if "tiles" in part)
    assert [tile["caption"].split("\n")[0] for tile in by_pixels] == [f"No. {n}" for n in nearest]


def test_a_suspect_says_why():
    place = whole().place_of("test", 2597)  # of the label errors that people have confirmed
    told = [words.value for words in open_large(MNIST, 60, place).caption]
    assert any(words.startswith("Label errors: Labelled 5") for words in told)


def test_the_only_digit_of_a_set_opens_too():
    app = open_large("mine", 1, 0)
    assert "no other digit" in " ".join(words.value for words in app.caption)
    assert not [b for b in app.button if b.key in ("digit Next", "digit draw")]


@pytest.mark.parametrize("split", ["test", "validation", "training"])
def test_answers_are_the_stored_ones_where_there_are_some(split):
    known = whole()
    rows = known.table.query("split == @split")
    place = int(rows.index[321])
    found = answers_to(known, place)
    asked = RunStore().run("tiny").network()
    fresh = predict(asked, known.digits.images[[place]])[0]
    assert found["tiny"] == pytest.approx(fresh, abs=0.01)
    if split != "training":
        assert found["tiny"] == pytest.approx(RunStore().answers("tiny", split).probs[321])
    assert (found[UNLEARNED] == known.probs[place]).all()
    assert ("others have, so" in answers_words(known, place)) == (split == "training")


def test_every_order_is_told():
    for sort in (*MEASURED, "label", "answer", "right", "split"):
        ends = {order_words(Selection(sort=sort, descending=down)) for down in (False, True)}
        assert len(ends) == 2 and all(ends)
    asked = Selection(splits=("training", "test"), answers=(2,), right=True)
    assert filter_words(asked) == "training or test digits, read rightly as 2"


def test_bounds_hold_all_digits_on_round_numbers():
    own = small(200, MNIST)
    for name, (low, high) in filters.bounds(own.table).items():
        assert low <= own.table[name].min() and own.table[name].max() <= high
        assert low == pytest.approx(round(low, filters.decimals(name)))
    assert not filters.bounds(own.table.iloc[:1])


def test_digits_that_are_sent_meet_no_older_filter():
    app = opened(show_class="7", show_read="rightly")
    places = np.flatnonzero(small().labels != 7)[:3].tolist()
    app.session_state["digits sent"] = Sent("mine", small().pictures, tuple(places), "odd ones")
    app.session_state["digits just sent"] = True
    app.run()
    assert [words.split("\n")[0] for words in tiles(app)] == [f"No. {place}" for place in places]
    app.pills(key="show-class").set_value([str(small().labels[places[0]])]).run()
    assert 0 < len(tiles(app)) <= len(places)  # what is asked for later counts


def test_a_digit_is_opened_by_its_number():
    app = AppTest.from_function(draw_mnist, default_timeout=60).run()
    app.number_input(key="gallery number").set_value(2597)
    app.button(key="gallery open number").click().run()
    assert not app.exception
    assert any(text.value == "**Test digit 2,597, a 5**" for text in app.markdown)
