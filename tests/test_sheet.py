"""Sheets of known digits: found, in order, as MNIST holds them; and what is no digit left out."""

from __future__ import annotations

from dataclasses import replace
from difflib import SequenceMatcher

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from digitcore import ink
from digitcore.digits import load_mnist
from digitcore.evaluation import predict
from digitcore.ink.mnist import like_mnist
from digitcore.own import sheet as sheets
from digitcore.own.sheet import cutting
from digitcore.own.sheet.labelling import unlabelled
from digitcore.own.sheet.order import rows
from digitcore.runs import RunStore
from tests import pictures
from tests.sheets import Look, encoded, sheet

ROWS, ACROSS = 5, 8
CLEAN = {
    "a scan": Look(),
    "small digits": Look(heights=(20, 26)),
    "from small to large": Look(heights=(20, 90)),
    "turned by 5 degrees": Look(turn=5),
    "red ink": Look(colour=(200, 40, 40), noise=4, quality=80),
    "ruled": Look(lines="ruled", noise=4, quality=85),
    "chalk on a board": Look(colour=(240, 240, 235), paper=(30, 50, 40), noise=4),
}
HARD = {
    "squared, turned, in shadow": Look(
        lines="squared", turn=-3, shadow=0.4, noise=5, blur=1, quality=80
    ),
    "squares nearly as dark as the ink": Look(lines="squared", faint=0.55),
    "pencil on ruled paper": Look(
        pencil=0.5, lines="ruled", faint=0.15, shadow=0.4, noise=5, quality=85
    ),
    "on a table": Look(margin=120, lines="ruled", noise=5, shadow=0.3, quality=80),
    "noise, shadow and a poor file": Look(
        heights=(30, 60), turn=4, shadow=0.6, noise=12, blur=1.2, lines="squared", quality=60
    ),
}


@pytest.fixture(scope="module")
def written() -> tuple[np.ndarray, str]:
    """(ROWS, ACROSS, 28, 28) test digits, and what they show, row by row."""
    digits = load_mnist(train=False)
    places = np.random.default_rng(100).choice(len(digits), (ROWS, ACROSS), replace=False)
    labels = digits.labels.numpy()[places.ravel()]
    return digits.images.numpy()[places], "".join(map(str, labels))


@pytest.fixture(scope="module")
def read():
    """What the shipped network 'strong' reads in (N, 28, 28) images, as a string."""
    network = RunStore().run("strong").network()

    def answers(images: np.ndarray) -> str:
        return "".join(
            str(int(one)) for one in predict(network, torch.from_numpy(images)).argmax(1)
        )

    return answers


def cut(written: np.ndarray, look: Look, seed: int = 0) -> sheets.Sheet:
    return sheets.cut_file(encoded(sheet(list(written), look, seed), look.quality))


@pytest.mark.parametrize("name", CLEAN)
def test_every_digit_of_a_clean_sheet_is_cut_in_order_and_read(name, written, read):
    images, truth = written
    found = cut(images, CLEAN[name])
    assert sheets.row_lengths(found.pieces) == [ACROSS] * ROWS
    assert all(like_mnist(piece.image) for piece in found.pieces)
    answers = read(found.images)
    right = sum(one == other for one, other in zip(answers, truth, strict=True))
    assert right >= 0.97 * len(truth)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_digits_on_a_large_sheet_are_not_taken_for_the_paper(count, written):
    """Their ink is less than a two-hundredth of the picture."""
    images, _ = written
    looks = [(Look(noise=1.5, quality=85), seed) for seed in range(4)]
    lengths = [sheets.row_lengths(cut(images[:1, seed : seed + count], look, seed).pieces)
               for look, seed in looks]  # fmt: skip
    assert lengths.count([count]) >= 3, lengths


@pytest.mark.parametrize("turn", [0, 2])
@pytest.mark.parametrize("colour", [(25, 30, 45), (30, 50, 140), (60, 90, 170)])
def test_no_digit_is_lost_on_dark_squares_without_a_word(turn, colour, written):
    images, truth = written
    look = Look(lines="squared", faint=0.45, colour=colour, turn=turn, shadow=0.25, noise=3,
                blur=0.6, quality=85)  # fmt: skip
    assert len(cut(images, look).pieces) >= len(truth) - 2


@pytest.mark.parametrize("name", HARD)
def test_a_hard_sheet_is_cut_but_for_one_digit_and_read_in_order(name, written, read):
    images, truth = written
    found = cut(images, HARD[name])
    assert abs(len(found.pieces) - len(truth)) <= 1
    alike = SequenceMatcher(None, read(found.images), truth, autojunk=False).ratio()
    assert alike >= 0.95


@pytest.mark.parametrize("table", pictures.TABLES)
@pytest.mark.parametrize(("angle", "leaning"), [(0, 0.2), (14, 0), (-14, 0.1)])
def test_a_sheet_on_a_table_is_laid_straight(table, angle, leaning, written, read):
    images, truth = written
    page = sheet(list(images), Look(blur=0.5))
    photo = pictures.on_table(page, pictures.table(table, (1100, 1300)), angle, leaning, 1.0)
    found = sheets.cut(photo)
    assert sheets.row_lengths(found.pieces) == [ACROSS] * ROWS
    alike = SequenceMatcher(None, read(found.images), truth, autojunk=False).ratio()
    assert alike >= 0.95


def test_of_several_small_sheets_none_is_lost(read):
    table = pictures.table("dark", (800, 1000))
    for place, digit in enumerate((3, 5, 8, 2)):
        top, left = 60 + 400 * (place // 2), 80 + 480 * (place % 2)
        table[top : top + 260, left : left + 320] = pictures.photo(digit, (260, 320), light=0.1)
    answers = read(sheets.cut(table.astype(np.uint8)).images)
    assert [answers.count(digit) for digit in "3582"] == [1, 1, 1, 1]


def test_the_same_file_is_cut_the_same_each_time(written):
    one, other = (cut(written[0][:2], HARD["pencil on ruled paper"]) for _ in range(2))
    assert [piece.box for piece in one.pieces] == [piece.box for piece in other.pieces]
    assert np.array_equal(one.images, other.images)


def test_digits_are_cut_from_the_whole_picture_and_shown_in_a_smaller_one(written):
    large = sheet(list(written[0][:2, :4]), Look(heights=(110, 125)))
    found = sheets.cut(large)
    assert max(large.shape) > max(found.picture.shape) == 1600
    assert found.pieces[0].ink.shape[0] > found.pieces[0].box[2] - found.pieces[0].box[0]
    bottoms, rights = zip(*(piece.box[2:] for piece in found.pieces), strict=True)
    assert max(bottoms) <= found.picture.shape[0] and max(rights) <= found.picture.shape[1]


def test_a_mosaic_of_mnist_itself_is_cut_into_its_digits():
    images = load_mnist(train=False).images.numpy()[:100]
    mosaic = np.vstack([np.hstack(images[row : row + 10]) for row in range(0, 100, 10)])
    assert len(sheets.cut(mosaic).pieces) == len(sheets.cut(255 - mosaic).pieces) == 100


@pytest.mark.parametrize("digit", range(10))
def test_a_picture_of_one_digit_gives_one(digit):
    picture = pictures.photo(digit, seed=digit) if digit % 2 else pictures.draw_digit(digit)
    (piece,) = sheets.cut(picture).pieces
    assert np.abs(piece.image.astype(float) - ink.read(picture).image).mean() < 12


def test_an_image_of_mnist_comes_out_unchanged():
    image = load_mnist(train=False).images.numpy()[3]
    (piece,) = sheets.cut(image).pieces
    assert np.array_equal(piece.image, image)


# What belongs together, and what does not


def on_paper(marks: list[tuple[np.ndarray, int, int]]) -> sheets.Sheet:
    """Ink (h, w) in 0..1 laid at (top, left) on white paper, above a row of six digits."""
    covered = np.zeros((500, 1000))
    for number in range(6):
        covered[300:400, 100 + 130 * number : 200 + 130 * number] = DIGIT[number]
    for mark, top, left in marks:
        covered[top : top + mark.shape[0], left : left + mark.shape[1]] = np.maximum(
            covered[top : top + mark.shape[0], left : left + mark.shape[1]], mark
        )
    return sheets.cut(pictures.painted(covered))


DIGIT = [pictures.coverage(digit, canvas=(100, 100), size=70, pen=8) for digit in range(10)]


def bar(height: int, width: int) -> np.ndarray:
    return np.ones((height, width))


def test_the_loose_bar_of_a_5_and_a_broken_stroke_belong_to_their_digits():
    five = DIGIT[5].copy()
    five[:26] = 0  # without its bar and what is near it
    loose = on_paper([(five, 100, 100), (bar(8, 45), 110, 142)])
    broken = DIGIT[1].copy()
    broken[48:54] = 0
    assert len(loose.pieces) == len(on_paper([(broken, 100, 400)]).pieces) == 7
    assert loose.pieces[0].box[0] <= 111


def test_digits_side_by_side_stay_apart():
    tight = on_paper([(DIGIT[1][:, 25:70], 100, 100 + 32 * place) for place in range(5)])
    assert sheets.row_lengths(tight.pieces) == [5, 6]


def test_digits_that_touch_are_one_piece_that_says_so():
    (wide, *rest) = on_paper([(DIGIT[0], 100, 100), (DIGIT[0], 100, 148)]).pieces
    assert "two" in wide.doubt and not any(piece.doubt for piece in rest)


def test_specks_dashes_and_frames_are_left_out_and_counted():
    frame = np.ones((150, 420))
    frame[4:-4, 4:-4] = 0
    found = on_paper([(bar(5, 60), 100, 100), (bar(7, 7), 130, 250), (frame, 40, 500)])
    assert len(found.pieces) == 6
    assert set(found.reasons) == {"a dash", "a speck", "a line or a frame"}


def test_what_the_edge_of_the_picture_cuts_off_is_left_out():
    assert on_paper([(DIGIT[8][40:], 0, 300)]).reasons == {"cut off by the picture's edge": 1}


@given(
    slope=st.floats(-0.08, 0.08),
    lengths=st.lists(st.integers(3, 9), min_size=2, max_size=6),
    seed=st.integers(0, 99),
)
def test_rows_are_read_from_the_top_and_from_the_left_however_the_sheet_is_turned(
    slope, lengths, seed
):
    random = np.random.default_rng(seed)
    boxes, truth = [], []
    for row, length in enumerate(lengths):
        for place in range(length):
            left = 60 * place + random.integers(0, 12)
            top = 80 * row + slope * left + random.integers(0, 14)
            boxes.append((top, left, top + random.integers(28, 45), left + 30))
            truth.append(row)
    shuffled = random.permutation(len(boxes))
    found = rows(np.array(boxes)[shuffled].round().astype(np.int64))
    in_order = [[truth[shuffled[place]] for place in row] for row in found]
    assert in_order == [[row] * length for row, length in enumerate(lengths)]
    assert all(shuffled[row].tolist() == sorted(shuffled[row]) for row in found)


# What is refused

NOTHING = {
    "white": np.full((600, 800, 3), 255),
    "transparent": np.zeros((600, 800, 4)),
    "noisy paper": pictures.photo(1, (600, 800), ink=(225, 220, 205)),
    "rules": np.where(np.arange(600)[:, None] % 30 < 2, 180, 255).repeat(800, axis=1),
    "half": np.where(np.arange(800)[None] < 400, 60, 255).repeat(600, axis=0),
    "a line of pixels": np.arange(200)[None],
    "noise": np.random.default_rng(0).integers(0, 256, (300, 400, 3)),
}


@pytest.mark.parametrize("name", NOTHING)
def test_a_sheet_without_digits_is_refused_in_words(name):
    with pytest.raises(ink.NoInk) as refusal:
        sheets.cut(NOTHING[name].astype(np.uint8))
    assert str(refusal.value).endswith(".")


def test_more_digits_than_can_be_cut_are_refused(written, monkeypatch):
    monkeypatch.setattr(cutting, "MOST", 39)
    with pytest.raises(ink.BadPicture, match="40 digits"):
        cut(written[0], Look())


def test_very_many_marks_are_refused_before_they_are_joined(monkeypatch):
    """Each would be held against each other one, which would take minutes."""
    picture = np.full((400, 400), 255, np.uint8)
    for place in np.ndindex(24, 24):
        top, left = 10 + 16 * np.array(place)
        picture[top : top + 9, left : left + 3] = 0
    monkeypatch.setattr(cutting, "MOST", 70)
    monkeypatch.setattr(cutting, "join", None)
    with pytest.raises(ink.BadPicture, match="576 marks"):
        sheets.cut(picture)


# What a person mends and says


@pytest.fixture(scope="module")
def example() -> sheets.Sheet:
    return sheets.cut_file(sheets.example())


def test_the_example_reads_0_to_9_four_times(example, read):
    assert sheets.row_lengths(example.pieces) == [10] * 4
    labels = sheets.rows_in_order(example.pieces)
    assert labels == [*range(10)] * 4
    wrong = [one for one, label in zip(read(example.images), labels, strict=True)
             if one != str(label)]  # fmt: skip
    assert len(wrong) <= 1


def test_joining_and_cutting_undo_each_other(example):
    one = sheets.joined(example, 3, 4)
    assert len(one.pieces) == 39 and "two" in one.pieces[3].doubt
    back = sheets.parted(one, 3)
    assert len(back.pieces) == 40 and not back.pieces[3].doubt
    for place in (3, 4):
        before, after = example.pieces[place], back.pieces[place]
        assert np.abs(np.array(before.box) - after.box).max() <= 2
        assert np.abs(before.image.astype(float) - after.image).mean() < 8


def test_a_piece_that_is_no_digit_once_it_is_cut_is_refused(example):
    dot = replace(example.pieces[0], ink=np.full((4, 1), 255, np.uint8), box=(0, 0, 4, 1))
    with pytest.raises(ink.NoInk):
        sheets.parted(replace(example, pieces=(dot, *example.pieces[1:])), 0)


def test_what_is_typed_is_counted():
    assert sheets.typed("12, 3\n-4 x", 6) == [1, 2, 3, None, 4, None]
    with pytest.raises(sheets.Mismatch, match="You typed 2, fewer than the 3"):
        sheets.typed("12", 3)
    with pytest.raises(sheets.Mismatch, match="not a ²"):
        sheets.typed("1a²", 3)


def test_rows_that_cannot_be_what_is_said_are_told(example):
    assert sheets.rows_of_one_digit(example.pieces) == [row for row in range(4) for _ in range(10)]
    eleven = tuple(replace(example.pieces[place], row=place) for place in range(11))
    with pytest.raises(sheets.Mismatch, match="11 rows"):
        sheets.rows_of_one_digit(eleven)
    with pytest.raises(sheets.Mismatch, match="row 1 of 11"):
        sheets.rows_in_order(tuple(replace(piece, row=0) for piece in example.pieces[:11]))


@pytest.mark.parametrize("place", [0, 5, 8, 15, 38])
def test_digits_that_touch_shift_no_labels_behind_them(example, place):
    """Two in one piece make a row of nine, whether or not the piece is seen to be wide."""
    one = sheets.joined(example, place, place + 1)
    sure = replace(one, pieces=tuple(replace(piece, doubt="") for piece in one.pieces))
    for cut in (one, sure):
        with pytest.raises(sheets.Mismatch, match=rf": row {place // 10 + 1} of 9\."):
            sheets.rows_in_order(cut.pieces)


def test_a_row_is_left_out_from_the_first_doubt_on(example):
    """Two that touch and one that lies in two pieces make ten again."""
    pieces = list(example.pieces)
    pieces[12] = replace(pieces[12], doubt="wide")
    assert sheets.rows_in_order(pieces) == [*range(10), 0, 1, *[None] * 8, *range(10), *range(10)]


def test_a_guess_stays_one_until_a_person_has_seen_it(example):
    probs = np.full((40, 10), 0.01, np.float32)
    probs[np.arange(40), np.arange(40) % 10] = np.linspace(0.5, 0.9, 40)
    guessed = unlabelled(example).guessed(probs)
    assert guessed.unseen == 40 and "40 of 40 labels were a network's" in guessed.about().origin
    seen = guessed.edited({0: 0, 1: None, 2: 7, 99: 1, 3: 12})
    assert seen.unseen == 37 and len(seen.places) == 39
    assert seen.labels[:4] == (0, None, 7, 3)
    assert seen.about().left_out == ("1 x no label",)
    assert seen.least_sure_first() == [*range(40)]
    again = seen.guessed(probs)  # another time, as after a piece was cut in two
    assert again.labels == seen.labels and again.unseen == 37
    told = seen.told([5] * 40).guessed(probs)  # but what was filled in for all is replaced
    assert told.labels == guessed.labels and told.unseen == 40
    images, labels = seen.confirmed().kept()
    assert images.shape == (39, 28, 28) and labels[1] == 7
    assert seen.confirmed().unseen == 0 and seen.told([None] * 40).places == []


def test_labels_stay_with_their_digits_when_others_are_mended(example):
    labelled = unlabelled(example).told(sheets.rows_in_order(example.pieces))
    mended = labelled.mended(sheets.joined(example, 0, 1))
    assert mended.labels[0] is None and mended.labels[1:] == labelled.labels[2:]
