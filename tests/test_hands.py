"""The yardsticks: whole, dealt fairly, free to be shipped, and made as they say."""

import re
import shutil
from itertools import islice

import numpy as np
import pytest
from PIL import ImageFont

from digitcore.digits import DATA, DataDamaged
from digitcore.evaluation import wilson
from digitcore.hands import FILE, KINDS, PARTS, README, load_hands
from scripts import build_hands, read_hands, shapes


@pytest.fixture(scope="module")
def hands():
    return load_hands()


def test_every_image_holds_ink_as_mnist_does(hands):
    assert hands.images.dtype == np.uint8
    assert (hands.images.max((1, 2)) > 128).all()
    rows, columns = hands.images.max(2) > 0, hands.images.max(1) > 0
    assert max(rows.sum(1).max(), columns.sum(1).max()) <= 22  # the 20x20 box, and soft edges


def test_digits_have_their_label_and_nothing_else_has_one(hands):
    is_digit = hands.kinds == KINDS.index("digit")
    assert ((hands.labels >= 0) == is_digit).all()
    assert (hands.texts[is_digit] == hands.labels[is_digit].astype(str)).all()


@pytest.mark.parametrize("part", PARTS)
def test_each_part_has_about_as_many_of_every_digit(hands, part):
    counts = np.bincount(hands.only("digit", part).labels, minlength=10)
    assert counts.min() >= 50
    assert counts.max() <= 1.3 * counts.min()


@pytest.mark.parametrize("kind", KINDS)
def test_both_parts_hold_every_kind_in_fair_numbers(hands, kind):
    dev, test = (len(hands.only(kind, part)) for part in PARTS)
    assert min(dev, test) >= 60
    assert max(dev, test) <= 1.5 * min(dev, test)
    assert dev + test == len(hands.only(kind))


def test_no_family_and_no_project_is_in_both_parts(hands):
    by_font = hands.take(hands.families >= 0)
    sides = {}
    for name, part in zip(by_font.names[by_font.families], by_font.parts, strict=True):
        project = next((p for p in build_hands.PROJECTS if name.startswith(p)), name)
        assert sides.setdefault(project, part) == part
    assert set(hands.families) == {-1, *range(len(hands.names))}


def test_no_form_of_a_character_counts_twice(hands):
    chosen = hands.take(hands.kinds <= KINDS.index("look-alike letter"))
    places = build_hands.distinct(chosen.images, chosen.texts)
    assert len(places) == len(chosen)


def test_clear_letters_and_look_alikes_are_all_letters_and_none_is_both(hands):
    both = build_hands.CLEAR + build_hands.ALIKES
    assert sorted(both) == sorted(map(chr, [*range(65, 91), *range(97, 123)]))
    assert set(hands.only("letter").texts) == set(build_hands.CLEAR)
    assert set(hands.only("look-alike letter").texts) == set(build_hands.ALIKES)


def test_what_ink_refuses_and_what_it_reads_is_all_that_was_drawn(hands):
    for kind, drawn in build_hands.EACH.items():
        assert len(hands.only(kind)) + hands.refused[KINDS.index(kind)].sum() == drawn


def test_the_readme_names_every_family_with_licence_and_copyright(hands):
    readme = (DATA / README).read_text()
    table = re.findall(r"^\| `([a-z-]+)` \| (.+?) \| (.+?) \| (.+) \|$", readme, re.MULTILINE)
    assert [row[0] for row in table] == list(hands.names) == build_hands.listed()
    for _, _, licence, owner in table:
        assert licence in ("OFL-1.1", "Apache-2.0")
        assert owner.startswith("Copyright")


def test_the_readme_counts_what_is_there(hands):
    readme = (DATA / README).read_text()
    for place, kind in enumerate(KINDS):
        found = re.search(rf"^\| {kind} \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|", readme, re.M)
        images = [len(hands.only(kind, part)) for part in PARTS]
        assert [int(count) for count in found.groups()] == [*images, *hands.refused[place]]


@pytest.fixture
def copy(tmp_path):
    """A data folder of its own, with the shipped file in it."""
    (tmp_path / "hands").mkdir()
    shutil.copy(DATA / FILE, tmp_path / FILE)
    return tmp_path


@pytest.mark.parametrize("keep", [0, 1000, 0.5, 0.999])
def test_a_file_cut_off_is_called_damaged_with_the_remedy(copy, keep):
    whole = (copy / FILE).read_bytes()
    (copy / FILE).write_bytes(whole[: int(keep * len(whole)) if keep < 1 else keep])
    with pytest.raises(DataDamaged, match="git checkout -- data/hands"):
        load_hands(copy)


def test_flipped_bytes_are_called_damaged(copy):
    whole = bytearray((copy / FILE).read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    (copy / FILE).write_bytes(whole)
    with pytest.raises(DataDamaged):
        load_hands(copy)


def test_a_missing_file_is_called_so(tmp_path):
    with pytest.raises(DataDamaged, match="missing"):
        load_hands(tmp_path)


@pytest.mark.parametrize(
    "name, value",
    [
        ("labels", np.zeros(3, np.int8)),
        ("images", np.zeros((2, 28, 28), np.float32)),
        ("names", np.array(["one"])),
        ("kinds", np.array([{}], dtype=object)),
    ],
)
def test_arrays_that_do_not_fit_are_called_damage(copy, name, value):
    with np.load(copy / FILE, allow_pickle=False) as arrays:
        np.savez(copy / FILE, **{**arrays, name: value})
    with pytest.raises(DataDamaged):
        load_hands(copy)


def test_packed_twice_the_file_is_the_same_and_reads_as_it_was(tmp_path):
    made = {"a": np.arange(50, dtype=np.int16), "texts": np.array(["7", "sandal"])}
    for file in ("one.npz", "two.npz"):
        build_hands.pack(made, tmp_path / file)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    with np.load(tmp_path / "one.npz", allow_pickle=False) as arrays:
        assert all((arrays[name] == made[name]).all() for name in made)


def test_projects_stay_together_and_are_halved():
    names = ["edu-a", "edu-b", "alone", "other", "nanum-x", "nanum-y", "third", "fourth"]
    sides = [build_hands.parts(names, np.random.default_rng(seed)) for seed in range(20)]
    assert all(s[0] == s[1] and s[4] == s[5] for s in sides)
    assert all(sum([s[0], s[4], s[2], s[3], s[6], s[7]]) == 3 for s in sides)
    assert len({tuple(s) for s in sides}) > 1


def test_a_glyph_is_black_on_white_with_room_around_it():
    page = build_hands.glyph(ImageFont.load_default(build_hands.HEIGHT), "7")
    assert page.min() == 0
    assert (page[[0, -1]] == 255).all() and (page[:, [0, -1]] == 255).all()
    assert page.shape[0] > 100


def test_clothes_are_made_anew_as_they_are_shipped(hands):
    drawn = build_hands.drawn([], [], np.random.default_rng(build_hands.SEED + 1))
    read, _ = build_hands.read_all(islice(drawn, 24))
    shipped = hands.only("fashion").images[: len(read)].astype(int)
    apart = np.abs(np.stack([image for image, _ in read]) - shipped)
    assert apart.mean() < 1  # Pillow's own rounding may change between versions


def test_clothes_and_marks_fit_the_page_and_differ_by_their_seed():
    for name in (*shapes.FASHION, *shapes.MARKS):
        draw = shapes.fashion if name in shapes.FASHION else shapes.mark
        first, again, other = (draw(name, np.random.default_rng(seed)) for seed in (1, 1, 2))
        assert (first == again).all() and (first != other).any()
        assert first.shape == (200, 200) and first.dtype == np.uint8
        assert 0.003 < (first < 128).mean() < 0.5
        assert first[[0, -1]].min() == 255 and first[:, [0, -1]].min() == 255


def test_scribbles_differ(hands):
    pages = [shapes.scribble(np.random.default_rng(seed)) for seed in range(12)]
    assert len({page.tobytes() for page in pages}) == 12


def test_accuracy_is_told_of_all_and_of_each_digit():
    labels = np.repeat(np.arange(10), 4)
    answers = labels.copy()
    answers[:3] = 6
    told = read_hands.accuracy(answers, labels)
    rate = wilson(37, 40)
    assert told.startswith(f"92.5% ({rate.low:.1%} to {rate.high:.1%}, n = 40)")
    assert "0: 1/4 1: 4/4" in told


def test_what_is_misread_is_told_by_family(hands):
    digits = hands.only("digit", "dev")
    answers = digits.labels.copy()
    answers[5] = (answers[5] + 1) % 10
    name = digits.names[digits.families[5]]
    assert read_hands.misread(answers, digits) == f"  {name}: {digits.labels[5]}->{answers[5]}"
