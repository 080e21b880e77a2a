"""The leaderboard and the gaps on the Compare page: what is shown is what predictions say."""

import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics
from streamlit.testing.v1 import AppTest

from digitcore import figures, progress
from digitcore.comparison.significance import compare, only_one_right, sentence
from digitcore.digits import load_mnist
from digitcore.evaluation import Predictions
from digitcore.leaderboard import rows
from digitcore.runs import WEIGHTS, RunStore, save_predictions, save_recipe, true_labels
from digitcore.zoo import ZOO
from tests.test_compare_page import open_view
from tests.test_pages import words
from ui.compare import board, gaps
from ui.compare.seen import Seen

pytestmark = pytest.mark.usefixtures("runs")
STORE = RunStore()
FEW = ["champion", "ample", "tiny", "dense"]


def texts(app: AppTest) -> str:
    return " ".join(text.value for text in app.text)


def table(app: AppTest) -> pd.DataFrame:
    """The first table on the page, by model."""
    return app.dataframe[0].value.set_index("Model")


def drawing(app: AppTest, place: int = 0) -> dict:
    return json.loads(app.get("plotly_chart")[place].proto.spec)


def with_seeds(runs, *seeds: int) -> None:
    """A run of one recipe for each seed, with answers of its own."""
    for seed in seeds:
        path = runs / f"mine-{seed}"
        shutil.copytree(WEIGHTS / "tiny", path)
        save_recipe(path, replace(ZOO["tiny"].recipe, seed=seed))
        save_predictions(path, {part: noisy(part, seed).probs for part in ("validation", "test")})


def noisy(part: str, seed: int) -> Predictions:
    """What tiny answers, spoilt for some digits."""
    found = STORE.answers("tiny", part)
    probs = found.probs.copy()
    spoilt = np.random.default_rng(seed).integers(0, len(found), 10 * seed)
    probs[spoilt] = np.roll(probs[spoilt], 1, axis=1)
    return Predictions(probs, true_labels(part))


def seen_of(names: list[str], part: str = "test") -> Seen:
    digits = load_mnist(train=False)
    listed = {row.name: row for row in rows(STORE)[0]}
    predictions = {name: STORE.answers(name, part) for name in names}
    styles = figures.styles_of(names)
    return Seen(
        part, "10,000 test digits", digits, np.arange(len(digits)), predictions,
        {name: listed[name] for name in names}, styles,
    )  # fmt: skip


# --- the leaderboard


def test_no_two_models_or_ensembles_look_alike_while_there_are_looks_enough():
    ensembles = ["mine0", "mine2", "mine11", "champion", "preferred"]
    styles = figures.styles_of(["tiny", *ensembles], ensembles)
    assert len({*styles.values()}) == len(styles)
    assert styles["champion"] == figures.styles_of(["champion"], ["champion"])["champion"]


def test_board_shows_what_the_predictions_say():
    app = open_view("Leaderboard")
    shown = table(app)
    assert set(shown.index) == {*STORE.runs(), *STORE.ensembles()}
    assert shown["Accuracy %"].is_monotonic_decreasing
    for name in FEW:
        found, line = STORE.answers(name), shown.loc[name]
        assert line["Accuracy %"] == pytest.approx(100 * found.accuracy.value)
        assert line["from %"] == pytest.approx(100 * found.accuracy.low)
        assert line["to %"] == pytest.approx(100 * found.accuracy.high)
        assert line["Errors"] == (found.answers != found.labels).sum()
        f1 = metrics.f1_score(found.labels, found.answers, average="macro")
        assert line["F1 %"] == pytest.approx(100 * f1)
        assert line["n"] == 10_000
        assert line["Digits"] == "10,000 test digits"
    assert shown.loc["tiny", "Parameters"] == 8_866
    members = ", ".join(STORE.ensembles()["champion"].members)
    assert shown.loc["champion", "What differs"].startswith(f"Ensemble of {members}")
    assert "network tiny" in shown.loc["tiny", "What differs"]


def test_board_of_validation_digits_is_of_these():
    app = open_view("Leaderboard", on="validation digits", models=FEW)
    found = STORE.answers("dense", "validation")
    line = table(app).loc["dense"]
    assert (line["n"], line["Errors"]) == (5_000, found.errors)
    assert "5,000 validation digits" in words(app)
    assert "best epoch" in words(app)


def test_a_report_says_who_knew_the_digits_before():
    """On the page a warning says it above all views."""
    known = "tiny learned from 3 of these digits."
    seen = seen_of(FEW)
    for part, before in (("validation", "But for these copies: No network"), ("test", "The test")):
        told = next(board.pieces(replace(seen, part=part, known=(known,)))).words
        assert told.startswith(f"{known}\n\nAll figures are of 10,000 test digits. {before}")
        assert known not in next(board.pieces(replace(seen, part=part))).words


def test_board_says_that_choosing_by_test_digits_is_a_choice():
    assert "predicted once" in words(open_view("Leaderboard", models=FEW))
    assert "is a choice too" in words(open_view("Gaps", models=FEW))


def test_chart_has_the_colours_and_accuracies_of_the_models():
    app = open_view("Leaderboard", models=FEW)
    (dots,) = drawing(app)["data"]
    assert dots["y"] == FEW[::-1]
    assert dots["x"] == pytest.approx([STORE.answers(n).accuracy.value for n in FEW[::-1]])
    assert dots["marker"]["color"][0] == figures.style_of("dense").colour


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("ample", {"champion", "ample"}), ("DENSE network", {"dense"}), ("", set(FEW)),
     ("adamw", {"ample", "tiny"})],
)  # fmt: skip
def test_filter_finds_words_of_names_and_recipes(asked, expected):
    app = open_view("Leaderboard", models=FEW)
    app.text_input(key="board filter").set_value(asked).run()
    assert set(table(app).index) == expected
    assert len(drawing(app)["data"][0]["y"]) == len(expected)


def test_filter_that_finds_nothing_says_so():
    app = open_view("Leaderboard", models=FEW)
    app.text_input(key="board filter").set_value("nobody").run()
    assert not app.exception
    assert "No model's name or recipe" in words(app)
    assert not app.dataframe


def test_without_runs_of_several_seeds_there_is_nothing_to_group():
    assert open_view("Leaderboard", models=FEW).toggle(key="seeds").disabled


def test_runs_that_differ_only_by_their_seed_become_one_line(runs):
    with_seeds(runs, 5, 6, 7)
    app = open_view("Leaderboard", models=["dense", "mine-5", "mine-6", "mine-7"])
    assert "±" not in " ".join(table(app).columns)
    app.toggle(key="seeds").set_value(True).run()
    assert not app.exception
    shown = table(app)
    assert list(shown.index) == ["mine-5: 3 seeds", "dense"]
    group = shown.loc["mine-5: 3 seeds"]
    errors = [noisy("test", seed).errors for seed in (5, 6, 7)]
    assert group["Errors"] == pytest.approx(np.mean(errors))
    assert group["Errors ±"] == pytest.approx(np.std(errors, ddof=1))
    assert group["Interval"] == "Student's t, 3 seeds"
    assert group["from %"] < group["Accuracy %"] < group["to %"]
    assert "mine-6 (seed 6)" in group["What differs"]
    assert pd.isna(shown.loc["dense", "Errors ±"])
    assert "Two kinds of luck" in words(app)


def test_a_run_whose_rate_was_changed_is_not_grouped(runs):
    with_seeds(runs, 5, 6)
    progress.save_changes(runs / "mine-6", progress.Changes(rates={3: 0.1}))
    app = open_view("Leaderboard", models=["mine-5", "mine-6"])
    assert app.toggle(key="seeds").disabled


def test_a_damaged_recipe_leaves_the_others_on_the_board(runs):
    with_seeds(runs, 5, 6)
    (runs / "mine-6" / "changes.json").write_text("damaged")
    app = open_view("Leaderboard", models=["dense", "mine-5", "mine-6"])
    assert not app.exception and not app.error
    assert len(table(app)) == 3


# --- names and colours


def test_a_run_that_is_renamed_stays_chosen(runs):
    with_seeds(runs, 5, 6)
    app = open_view("Leaderboard", models=["mine-5", "dense", "mine-6"])
    app.session_state["compare colours"] = {"mine-5": "#123456"}
    app.selectbox(key="board look").set_value("mine-5").run()
    app.text_input(key="board name of mine-5").set_value("better").run()
    next(button for button in app.button if button.label == "Rename").click().run()
    assert not app.exception
    assert app.multiselect(key="models").value == ["better", "dense", "mine-6"]
    assert set(table(app).index) == {"better", "dense", "mine-6"}
    assert (runs / "better").exists() and not (runs / "mine-5").exists()
    assert app.session_state["compare colours"] == {"better": "#123456"}


def test_a_name_that_is_taken_is_refused_in_words(runs):
    with_seeds(runs, 5)
    app = open_view("Leaderboard", models=["mine-5", "dense"])
    app.selectbox(key="board look").set_value("mine-5").run()
    app.text_input(key="board name of mine-5").set_value("strong").run()
    next(button for button in app.button if button.label == "Rename").click().run()
    assert not app.exception
    assert "already" in app.toast[0].value
    assert app.multiselect(key="models").value == ["mine-5", "dense"]


def test_shipped_models_keep_their_names():
    app = open_view("Leaderboard", models=FEW)
    assert "keep their names" in words(app)
    assert "Rename" not in [button.label for button in app.button]


def test_a_model_can_be_recoloured_and_restored():
    app = open_view("Leaderboard", models=FEW)
    app.selectbox(key="board look").set_value("dense").run()
    before = figures.style_of("dense").colour
    app.color_picker(key=f"board colour dense {before}").set_value("#ff00aa").run()
    assert not app.exception
    assert drawing(app)["data"][0]["marker"]["color"][0] == "#ff00aa"
    assert drawing(app)["data"][0]["marker"]["color"][1] == figures.style_of("tiny").colour
    next(button for button in app.button if "Restore" in button.label).click().run()
    assert drawing(app)["data"][0]["marker"]["color"][0] == before


# --- gaps


def test_gaps_of_a_single_model_ask_for_a_second():
    app = open_view("Gaps", models=["tiny"])
    assert "Choose a second one" in words(app)
    assert not app.get("plotly_chart")


def test_gaps_show_all_pairs_and_the_sentence_of_each():
    app = open_view("Gaps", models=FEW)
    shown = app.dataframe[0].value
    assert len(shown) == 6
    for _, line in shown.iterrows():
        a, b = line["Model"], line["other"]
        pair = compare(a, STORE.answers(a), b, STORE.answers(b))
        assert line["Only it is wrong"] == pair.only_a_wrong
        assert line["only the other"] == pair.only_b_wrong
        assert line["p"] == pytest.approx(pair.p)
        assert line["Gap, points"] == pytest.approx(100 * pair.difference)
        assert line["p"] <= line["p, corrected"] <= 1
    pair = compare("champion", STORE.answers("champion"), "ample", STORE.answers("ample"))
    counts = f"{pair.only_a_wrong} images that ample gets right, ample on {pair.only_b_wrong}"
    assert f"champion is wrong on {counts}" in texts(app)
    assert "ample is a member of champion" in texts(app)
    assert re.search(r"champion is better than [^.]*\bdense\b", texts(app))


def test_gaps_against_another_reference():
    app = open_view("Gaps", models=FEW, reference="dense")
    assert app.selectbox(key="reference").value == "dense"
    assert drawing(app)["data"][0]["y"] == ["tiny", "ample", "champion"]
    assert all(x > 0 for x in drawing(app)["data"][0]["x"])
    app.multiselect(key="models").set_value(["ample", "tiny"]).run()
    assert not app.exception
    assert app.selectbox(key="reference").value == "ample"


def test_the_chosen_pair_shows_the_digits_that_tell_it_apart():
    app = open_view("Gaps", models=FEW)
    app.selectbox(key="pair").set_value("ample and tiny").run()
    assert not app.exception
    ample, tiny = STORE.answers("ample"), STORE.answers("tiny")
    only_ample, only_tiny = only_one_right(ample, tiny)
    assert f"Only ample gets right: {len(only_ample)}" in words(app)
    assert f"Only tiny gets right: {len(only_tiny)}" in words(app)
    assert sentence(compare("ample", ample, "tiny", tiny)).split(":")[0] in texts(app)
    (frame,) = drawing(app, 1)["layout"]["shapes"]
    assert (frame["y0"], frame["x0"]) == (0.5, 1.5)  # second row, third column


def test_the_same_model_twice_is_told(runs):
    shutil.copytree(WEIGHTS / "dense", runs / "twin")
    app = open_view("Gaps", models=["dense", "twin"])
    assert not app.exception
    assert "give the same answer to each of the 10,000 digits" in texts(app)
    app = open_view("Gaps", models=["dense", "twin", "tiny"])
    assert "=" in drawing(app, 1)["data"][1]["text"]


# --- for the report


def test_pieces_hold_figures_tables_and_words():
    seen = seen_of(FEW)
    (who,) = board.pieces(seen)
    assert "predicted once" in who.words and "10,000 test digits" in who.words
    assert list(who.table["Model"]) == FEW
    assert who.table["AUC"][0] == f"{STORE.answers('champion').auc:.6f}"
    assert list(who.figure.data[0].y) == FEW[::-1]
    own, every, *only = gaps.pieces(seen)
    only_champion_wrong = len(only_one_right(*(seen.predictions[name] for name in FEW[:2]))[1])
    assert (
        f"champion is wrong on {only_champion_wrong} images" in own.table["Each pair in words"][0]
    )
    for piece, places in zip(
        only, only_one_right(*(seen.predictions[name] for name in FEW[:2])), strict=True
    ):
        numbers = [int(words.split(":")[0].removeprefix("No. ")) for _, words in piece.pictures]
        assert numbers == places[:12].tolist()
    assert len(own.figure.data[0].x) == 3
    assert len(every.table) == 6
    assert "< 0.001" in set(every.table["p"])
    assert list(gaps.pieces(seen.only(["tiny"]))) == []


def test_a_class_without_a_sample_leaves_its_cell_empty():
    seen = seen_of(FEW)
    there = seen.digits.labels.numpy() != 3
    less = {n: Predictions(p.probs[there], p.labels[there]) for n, p in seen.predictions.items()}
    (who,) = board.pieces(replace(seen, predictions=less))
    assert set(who.table["AUC"]) == {""}
    assert list(gaps.pieces(replace(seen, predictions=less)))
