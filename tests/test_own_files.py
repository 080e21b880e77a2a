"""Files of digits: what is read of each kind, what is left out and why, and what is refused."""

import gzip
import io
import stat
import struct
import tracemalloc
from dataclasses import replace
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from digitcore import ink
from digitcore.digits import load_mnist
from digitcore.exploration import bundle
from digitcore.exploration.catalogue import of_own
from digitcore.exploration.insights import NETWORK
from digitcore.ink.mnist import all_like_mnist, like_mnist
from digitcore.own.advice import warnings
from digitcore.own.csvs import write_csv
from digitcore.own.examples import example_csv, example_zip, png, write_npz
from digitcore.own.files import LIMITS, Upload, read_files
from digitcore.own.pictures import label_of
from digitcore.own.reading import Found
from digitcore.own.store import Refused
from digitcore.own.told import listed, shown
from digitcore.runs import RunStore
from tests.pictures import coverage, painted

ODD = "**x** <b>.png"


@pytest.fixture(scope="module")
def some():
    """40 test digits."""
    return load_mnist(train=False).take(range(40), "some")


def picture(image: np.ndarray, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, kind)
    return file.getvalue()


def zipped(members: dict[str, bytes], **how) -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w", **how) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def saved(**named: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **named)
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def idx(array: np.ndarray) -> bytes:
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return head + array.astype(np.uint8).tobytes()


def read(data: bytes, name: str = "file", **limits) -> Found:
    return read_files([Upload(name, data)], replace(LIMITS, **limits))


def is_some(found: Found, some) -> bool:
    return (
        np.array_equal(found.images, some.images.numpy())
        and found.labels.tolist() == some.labels.tolist()
        and found.changed == 0
    )


# MNIST's own digits come back bit for bit, in every kind of file


def pairs_of(some) -> tuple[np.ndarray, np.ndarray]:
    return some.images.numpy(), some.labels.numpy()


def as_zip(some):
    images, labels = pairs_of(some)
    all_of_them = enumerate(zip(images, labels, strict=True))
    members = {f"top/{label}/{n:03}.png": png(image) for n, (image, label) in all_of_them}
    return [("z.zip", zipped(members))]


def as_idx(some):
    images, labels = pairs_of(some)
    return [("t-images-idx3-ubyte", idx(images)), ("t-labels-idx1-ubyte", idx(labels))]


KINDS = {
    "zip": as_zip,
    "idx": as_idx,
    "idx, packed": lambda some: [(f"{n}.gz", gzip.compress(d)) for n, d in as_idx(some)],
    "csv": lambda some: [("c.csv", write_csv(some))],
    "csv, packed": lambda some: [("c.csv.gz", gzip.compress(write_csv(some)))],
    "npz": lambda some: [("n.npz", write_npz(some))],
    "npy": lambda some: [("x.npy", npy(pairs_of(some)[0])), ("y.npy", npy(pairs_of(some)[1]))],
    "pictures": lambda some: [
        (f"{label}_{place}.png", png(image))
        for place, (image, label) in enumerate(zip(*pairs_of(some), strict=True))
    ],
}


@pytest.mark.parametrize("kind", KINDS)
def test_mnist_digits_come_back_bit_for_bit(kind, some):
    found = read_files([Upload(*file) for file in KINDS[kind](some)])
    assert is_some(found, some)
    assert not found.left_out


@pytest.mark.parametrize(
    "how",
    [
        lambda images: images.reshape(len(images), 784),
        lambda images: images[:, None],
        lambda images: images[..., None],
        lambda images: images.repeat(3).reshape(*images.shape, 3),
        lambda images: (images / 255).astype(np.float64),
        lambda images: images.astype(np.int64),
        np.asfortranarray,
    ],
)
def test_arrays_of_any_kind_and_shape_hold_the_same_digits(how, some):
    images, labels = pairs_of(some)
    found = read(saved(x_train=how(images), y_train=np.eye(10)[labels]))
    assert np.array_equal(found.images, images)
    assert found.labels.tolist() == labels.tolist()


@given(place=st.integers(0, 9999), seed=st.integers(0, 9))
def test_any_digit_of_mnist_comes_back_from_a_png(place, seed):
    digits = load_mnist(train=False).take([place])
    found = read(zipped({f"digit_{seed}/a.png": png(digits.images[0].numpy())}))
    assert np.array_equal(found.images[0], digits.images[0].numpy())
    assert found.labels.tolist() == [seed]


@given(arrays(np.uint8, st.tuples(st.integers(0, 3), st.just(28), st.just(28))),
       st.sampled_from([255, 200, 128]), st.integers(0, 14))  # fmt: skip
def test_all_at_once_are_judged_as_each_by_itself(images, most, edge):
    images = np.minimum(images, most)
    images[:, :edge], images[:, :, 28 - edge :] = 0, 0
    images = np.concatenate([images, np.zeros((1, 28, 28), np.uint8)])
    assert all_like_mnist(images).tolist() == [like_mnist(image) for image in images]


def test_moved_and_scaled_digits_are_judged_alike(some):
    images = some.images.numpy()
    rough = images[:, ::2, ::2].repeat(2, 1).repeat(2, 2)
    shifted = np.roll(images, 1, 2), np.roll(images, 2, 1)
    moved = np.concatenate([images, *shifted, 255 - images, images // 2, rough])
    assert all_like_mnist(moved).tolist() == [like_mnist(image) for image in moved]


def test_other_pictures_go_the_way_of_a_drawing(some):
    drawn = painted(coverage(5))
    turned = 255 - some.images[0].numpy()
    found = read(zipped({"5/a.png": picture(drawn), "7/b.png": picture(turned)}))
    assert found.changed == 2
    assert np.array_equal(found.images[0], ink.read(drawn).image)
    assert np.array_equal(found.images[1], some.images[0].numpy())
    array = read(saved(images=np.stack([drawn, drawn]), labels=[5, 5]))
    assert np.array_equal(array.images[0], found.images[0])


# What is left out, one by one


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("3/a.png", 3), ("top/3/a.png", 3), ("digit_3/a.png", 3), ("Class 3/7.png", 3),
        ("1/3/a.png", 3), ("train\\3\\a.png", 3), ("7.png", 7), ("7_01.png", 7), ("x/7 (1).png", 7),
        ("zero/7.png", 0), ("writer/1/Nine/2.png", 9), ("digit_three/a.png", 3), ("03/a.png", 3),
        ("7/03/a.png", 7), ("label-05/a.png", 5), ("ones/a.png", None),
        ("72.png", None), ("2024/a.png", None), ("a.png", None), ("33/a7.png", None), ("", None),
    ],
)  # fmt: skip
def test_a_path_says_which_digit_it_is(path, label):
    assert label_of(path) == label


def test_names_that_only_count_say_nothing(some):
    """1.png to 12.png of folders that say nothing would be ones to nines."""
    images = {f"writer/{n}.png": png(some.images[n].numpy()) for n in range(1, 13)}
    with pytest.raises(Refused, match=r"writer/1\.png: Neither"):
        read(zipped(images))
    named = {"4/12.png": png(some.images[0].numpy()), "7_12.png": png(some.images[1].numpy())}
    assert read(zipped(images | named)).labels.tolist() == [4, 7]
    assert read(zipped({"7.png": named["7_12.png"]})).labels.tolist() == [7]
    scans = {f"{n}_scan.png": png(some.images[n].numpy()) for n in range(1, 13)}
    assert read(zipped(scans | named)).labels.tolist() == [4, 7]


def test_a_zip_of_tables_or_arrays_is_read_as_they_are(some):
    """As they are handed round: a CSV, or all four files of MNIST, in a ZIP."""
    for members in (
        {"a/train.csv": write_csv(some)}, dict(as_idx(some)), {"all.npz": write_npz(some)},
        {n: gzip.compress(d) for n, d in as_idx(some)},
        {"c.csv.gz": gzip.compress(write_csv(some))},
    ):  # fmt: skip
        found = read(zipped(members))
        assert is_some(found, some) and not found.left_out
    two = read(zipped({"a.csv": write_csv(some), "b.csv": b"label,pixel0\n1,2"}))
    assert is_some(two, some) and two.left_out[0].startswith("b.csv: A row of the CSV has to hold")
    bomb = zipped({"a.csv": b"0" * 5_000_000}, compression=ZIP_DEFLATED)
    with pytest.raises(Refused, match="times its size"):
        read(bomb, free=1_000_000)


def test_emnist_is_set_upright(some):
    """Its IDX files hold rows as columns. Source: Cohen et al. (2017), arXiv 1702.05373."""
    images, labels = pairs_of(some)
    files = (("emnist-digits-train-images-idx3-ubyte", idx(images.swapaxes(1, 2))),
             ("emnist-digits-train-labels-idx1-ubyte", idx(labels)))  # fmt: skip
    found = read_files([Upload(*file) for file in files])
    assert np.array_equal(found.images, images) and "EMNIST" in found.origin
    others = [("more-x.npy", npy(images)), ("more-y.npy", npy(labels))]
    both = read_files([Upload(name, data) for name, data in (*files, *others)])
    assert np.array_equal(both.images, np.concatenate([images, images]))


def test_what_is_no_label_is_not_taken_for_one(some):
    images, labels = pairs_of(some)
    for name in ("weight", "index", "ids"):
        with pytest.raises(Refused, match="no labels beside it"):
            read(saved(images=images, **{name: labels}))
        assert is_some(read(saved(images=images, labels=labels, **{name: np.ones(40)})), some)
    shares = np.eye(10)[labels]
    assert is_some(read(saved(images=images, labels=shares)), some)
    shares[3], shares[5], shares[7] = 0, np.nan, 5
    found = read(saved(images=images, labels=shares))
    assert [line.partition(":")[0] for line in found.left_out] == [
        f"No. {place} of images" for place in (3, 5, 7)
    ]


def test_what_is_wrong_in_a_zip_is_named_and_the_rest_taken(some):
    good = png(some.images[0].numpy())
    found = read(zipped({
        f"3/{ODD}": good[:60], "7/good.png": good, "4/text.png": b"words", "5/empty.png": b"",
        "6/white.png": picture(np.full((40, 40), 255, np.uint8)), "nowhere.png": good,
        "8/inner.zip": zipped({"1/a.png": good}), "7/.DS_Store": b"x", "__MACOSX/7/good.png": b"x",
    }))  # fmt: skip
    assert found.labels.tolist() == [7]
    named = {line.partition(": ")[0]: line.partition(": ")[2] for line in found.left_out}
    assert list(named) == [f"3/{ODD}", "4/text.png", "5/empty.png", "6/white.png", "nowhere.png",
                           "8/inner.zip"]  # fmt: skip
    assert "damaged" in named[f"3/{ODD}"]
    assert "empty" in named["5/empty.png"]
    assert "nothing stands out" in named["6/white.png"]
    assert "says which digit" in named["nowhere.png"]
    assert "ZIP inside a ZIP" in named["8/inner.zip"]


def test_a_member_spoilt_or_locked_in_the_zip_is_named(some):
    good = png(some.images[0].numpy())
    data = bytearray(zipped({"1/a.png": good, "2/b.png": good}))
    data[60] ^= 255  # in the first member's bytes
    found = read(bytes(data))
    assert found.labels.tolist() == [2]
    assert found.left_out == ("1/a.png: It is damaged in the ZIP.",)
    locked = bytearray(zipped({"1/a.png": good}))
    for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(sign) + at] |= 1
    with pytest.raises(Refused, match="password"):
        read(bytes(locked))


def test_bad_rows_of_a_csv_are_named_by_line(some):
    lines = write_csv(some).splitlines()
    lines[3] = b"x" + lines[3][1:]  # the line's number is one more
    lines[5] = b"12" + lines[5][1:]
    lines[7] = lines[7][:-20]
    lines[9] = lines[9].replace(b",0,", b",256,", 1)
    lines[11] = b""
    lines[13] = b",".join([lines[13].split(b",")[0], *[b"0"] * 784])
    found = read(b"\r\n".join(lines), "a.csv")
    assert [line.partition(":")[0] for line in found.left_out] == [
        f"line {place}" for place in (4, 8, 10, 12, 6, 14)
    ]
    kept = [place for place in range(40) if place not in (2, 4, 6, 8, 10, 12)]
    assert np.array_equal(found.images, some.images[kept].numpy())


def test_a_csv_is_read_with_any_headings_separators_and_scale(some):
    images, labels = pairs_of(some)
    flat = images.reshape(-1, 784)
    for table, heads in (
        (np.c_[labels, flat], None),
        (np.c_[labels, flat / 255], None),
        (np.c_[flat, labels], [*(f"{r}x{c}" for r in range(28) for c in range(28)), "Class"]),
        (np.c_[labels, flat], ["label", *map(str, range(784))]),
        (np.c_[labels, labels, flat], ["number", "label", *(f"pixel{n}" for n in range(784))]),
    ):
        for separator in ",;\t":
            rows = [heads] if heads else []
            text = "\n".join(separator.join(map(str, row)) for row in [*rows, *table.tolist()])
            assert np.array_equal(read(text.encode()).images, images)


@pytest.mark.parametrize("heading", [None, "labels", "value", "Number"])
@pytest.mark.parametrize("scale", [1, 255])
def test_the_label_of_a_csv_is_found_where_it_stands(some, heading, scale):
    """A pixel of a corner in its place would make all of them zeros."""
    images, labels = pairs_of(some)
    flat = images.reshape(-1, 784) / scale if scale > 1 else images.reshape(-1, 784)
    names = [f"pixel{n}" for n in range(784)]
    for table, heads in (
        (np.c_[flat, labels], [*names, heading]), (np.c_[labels, flat], [heading, *names]),
    ):  # fmt: skip
        rows = [heads] if heading else []
        text = "\n".join(",".join(map(str, row)) for row in [*rows, *table.tolist()])
        found = read(text.encode(), "a.csv")
        assert found.labels.tolist() == labels.tolist()
        assert np.array_equal(found.images, images) and not found.left_out


def test_the_label_of_a_csv_in_the_order_of_its_labels_is_found(some):
    """However many zeros come first."""
    flat, labels = some.images.flatten(1).numpy(), np.array([0] * 1500 + [7] * 20)
    rows = np.c_[flat[np.arange(len(labels)) % len(flat)], labels]
    text = "\n".join(",".join(map(str, row)) for row in rows.tolist())
    assert read(text.encode(), "a.csv").labels.tolist() == labels.tolist()


def test_a_csv_of_zeros_alone_keeps_its_label_first(some):
    flat = some.images.flatten(1).numpy()
    text = "\n".join(",".join(map(str, [0, *row])) for row in flat.tolist())
    assert read(text.encode(), "a.csv").labels.tolist() == [0] * len(flat)


def test_pixels_of_a_csv_follow_their_numbers(some):
    """Some tools sort columns by name: pixel0, pixel1, pixel10, pixel100, ..."""
    images, labels = pairs_of(some)
    order = sorted(range(784), key=lambda n: f"pixel{n}")
    rows = [["label", *(f"pixel{n}" for n in order)],
            *np.c_[labels, images.reshape(-1, 784)[:, order]].tolist()]  # fmt: skip
    text = "\n".join(",".join(map(str, row)) for row in rows)
    assert np.array_equal(read(text.encode(), "a.csv").images, images)


def test_pixels_that_overshoot_1_are_still_from_0_to_1(some):
    images, labels = pairs_of(some)
    found = read(saved(images=images / 255 * 1.0000001, labels=labels))
    assert np.array_equal(found.images, images)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"), (b"label,pixel0\n1,2", "784"), (b"\n1,2", "empty line"),
        ("label;ä".encode("utf-16"), "plain text"), (b"label\n" + b"1," * 90_000, "784"),
    ],
)  # fmt: skip
def test_what_is_no_table_of_digits_is_refused(data, words):
    with pytest.raises(Refused, match=words):
        read(data, "a.csv")


def test_labels_that_are_no_digit_are_left_out(some):
    labels = some.labels.numpy().astype(float)
    labels[:3] = 10, 2.5, np.nan
    found = read(saved(images=some.images.numpy(), labels=labels))
    assert len(found.labels) == 37
    assert found.left_out[1] == "No. 1 of images: its label is 2.5, not one of 0 to 9."


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ({"images": np.zeros((5, 28, 28))}, "no labels"),
        ({"labels": np.zeros(5)}, "no pictures"),
        ({"x": np.zeros((5, 3, 3)), "y": np.zeros(5)}, "shape"),
        ({"x": np.full((5, 28, 28), -1.0), "y": np.zeros(5)}, "from 0 to 255"),
        ({"x": np.full((5, 28, 28), np.nan), "y": np.zeros(5)}, "from 0 to 255"),
        ({"x": np.array([{"a": 1}] * 5), "y": np.zeros(5)}, "other things than numbers"),
        ({"x": np.array(["a"] * 5), "y": np.zeros(5)}, "other things than numbers"),
        ({"x": np.zeros((5, 28, 28)), "y": np.zeros(5)}, "empty"),
        ({"x": np.zeros((0, 28, 28)), "y": np.zeros(0)}, "No digit"),
    ],
)
def test_arrays_that_are_no_digits_are_refused(named, words):
    with pytest.raises(Refused, match=words):
        read(saved(**named))


def test_all_parts_of_an_npz_are_taken_together_by_their_names(some):
    images, labels = pairs_of(some)
    found = read(saved(y_test=labels[:20], x_test=images[:20], y_train=labels[20:],
                       x_train=images[20:], y_val=labels[:3], notes=labels[:20]))  # fmt: skip
    assert is_some(found, some)
    assert found.left_out == ("y_val: There are no pictures beside these labels.",)


def test_what_the_gallery_gives_away_is_read_again(some):
    catalogue = of_own(some, RunStore().runs()[NETWORK].network())
    for write in (bundle.as_csv, bundle.as_npz):
        found = read(write(catalogue, range(40)))
        assert is_some(found, some)
        assert not found.left_out
    found = read(bundle.as_zip(catalogue, range(40)))
    assert sorted(found.labels) == sorted(some.labels.tolist())
    assert not found.changed
    assert not found.left_out


# What is refused as a whole


@pytest.mark.parametrize("path", ["../1/a.png", "/1/a.png", "C:\\1\\a.png", "x\\..\\..\\1\\a.png"])
def test_a_path_that_leaves_the_zip_is_refused(path, some):
    with pytest.raises(Refused, match="outside itself"):
        read(zipped({"1/a.png": png(some.images[0].numpy()), path: b"x"}))


def test_a_link_in_a_zip_is_refused():
    link = ZipInfo("1/a.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    file = io.BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(Refused, match="link"):
        read(file.getvalue())


BOMB = zipped({"1/a.bmp": bytes(2_000_000)}, compression=ZIP_DEFLATED)


@pytest.mark.parametrize(
    ("data", "limits", "words"),
    [
        (BOMB, {"unpacked": 1_000_000}, "unpack to 2 MB"),
        (BOMB, {"free": 1_000_000}, "times its size"),
        (gzip.compress(bytes(2_000_000)), {"unpacked": 1_000_000}, "more than the 1 MB"),
        (zipped({f"1/{place}.png": b"" for place in range(11)}), {"members": 10}, "10 members"),
        (BOMB, {"upload": 1000}, "together"),
        (BOMB, {"member": 1_000_000}, "more than the 1 MB"),
        (zipped({"1/a.png": bytes(99)}, compression=ZIP_BZIP2), {}, "unusual"),
        (zipped({"1/a.png": picture(np.zeros((9, 9), np.uint8))}), {"pixels": 80}, "million"),
        (b"PK\x03\x04 cut off", {}, "damaged"),
    ],
)  # fmt: skip
def test_bombs_and_crowds_are_refused(data, limits, words):
    with pytest.raises(Refused, match=words):
        read(data, **limits)


def test_a_zip_that_lies_about_a_size_is_read_no_further():
    data = bytearray(BOMB)
    for sign, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = data.index(sign) + at
        data[start : start + 4] = struct.pack("<I", 1000)
    tracemalloc.start()
    try:
        with pytest.raises(Refused, match="damaged"):
            read(bytes(data), unpacked=10_000)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000  # and not what it unpacks to
    finally:
        tracemalloc.stop()


def test_a_csv_of_very_many_lines_is_refused_before_they_are_parted():
    data = gzip.compress(b"ab\n" * 200_000)
    tracemalloc.start()
    try:
        with pytest.raises(Refused, match="at most"):
            read(data, "a.csv.gz", unpacked=1_000_000)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000  # lines by themselves take 8 and more
    finally:
        tracemalloc.stop()


def test_what_is_unpacked_counts_also_where_it_ends_in_damage():
    damaged = gzip.compress(bytes(3_000_000))[:-4]
    few = replace(LIMITS, unpacked=6_000_000)
    with pytest.raises(Refused, match="more than the 6 MB"):
        read_files([Upload(f"{n}.csv.gz", damaged) for n in range(3)], few)
    with pytest.raises(Refused, match="damaged or was cut off"):
        read_files([Upload(f"{n}.csv.gz", damaged) for n in range(2)], few)


def test_very_many_arrays_are_refused():
    with pytest.raises(Refused, match="1,000 arrays"):
        read(zipped({f"{place}.npy": b"" for place in range(1001)}))


def test_digits_are_counted_file_by_file(some):
    """Many small files may hold very many together: the rest are not read."""
    told = []
    files = [Upload("n.npz", write_npz(some))] * 2 + [Upload("z.zip", as_zip(some)[0][1])]
    with pytest.raises(Refused, match="80 digits"):
        read_files(files, replace(LIMITS, digits=79), lambda *so_far: told.append(so_far))
    assert not told


def test_of_two_files_of_one_name_the_other_is_told(some):
    (name, images), labels = as_idx(some)[0], Upload(*as_idx(some)[1])
    found = read_files([Upload(name, images), labels, Upload(name, images)])
    assert is_some(found, some)
    assert found.left_out == (f"{name}: Another file has the same name. Rename one of them.",)


@pytest.mark.parametrize("shape", [
    "(999999999, 28, 28)", "(10**9,)", "(" * 5000, "(-1, -1, 0)", "(0, 10**40)",
    f"(0, {10**40})",
])  # fmt: skip
def test_an_array_whose_head_lies_is_refused_without_room_for_it(shape):
    head = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}}}".encode()
    data = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head
    with pytest.raises(Refused, match="damaged"):
        read(data, "x.npy")


def test_an_idx_file_whose_head_lies_is_refused():
    huge = struct.pack(">4B3I", 0, 0, 8, 3, 0, 2**32 - 1, 2**32 - 1)
    for data in (struct.pack(">4B3I", 0, 0, 8, 3, 2**31, 28, 28), huge, b"\0\0\x08\x03",
                 idx(np.zeros((2, 28, 28)))[:-1],
                 struct.pack(">4B1I", 0, 0, 13, 1, 1) + bytes(4)):  # fmt: skip
        with pytest.raises(Refused):
            read(data)


@pytest.mark.parametrize("name", ["zip", "csv", "npz", "idx", "pictures"])
def test_too_many_digits_are_refused(name, some):
    with pytest.raises(Refused, match="39"):
        read_files([Upload(*file) for file in KINDS[name](some)], replace(LIMITS, digits=39))
    assert len(read_files([Upload(*file) for file in KINDS[name](some)],
                          replace(LIMITS, digits=40)).labels) == 40  # fmt: skip


@given(st.binary(max_size=400), st.sampled_from([b"", b"PK\x03\x04", b"\x1f\x8b", b"\x93NUMPY\1\0",
       b"\0\0\x08\x03", b"\x89PNG\r\n\x1a\n", b"BM", b"label,"]),
       st.sampled_from(["a.csv", "1.png", "a.zip", ODD]))  # fmt: skip
def test_any_bytes_end_in_words(data, begin, name):
    with pytest.raises(Refused):
        read(begin + data, name)


@given(st.data())
def test_a_spoilt_file_never_ends_but_in_words(data):
    """One byte of a good file is another: it is read, or refused."""
    kind = data.draw(st.sampled_from(sorted(set(KINDS) - {"pictures", "csv"})))
    name, good = KINDS[kind](load_mnist(train=False).take(range(3)))[0]
    place = data.draw(st.integers(0, len(good) - 1))
    spoilt = bytearray(good)
    spoilt[place] ^= data.draw(st.integers(1, 255))
    try:
        read(bytes(spoilt), name)
    except Refused as refused:
        assert str(refused)


# Several files, and what is said of what was found


def test_several_files_are_one_set_and_what_is_wrong_names_its_file(some):
    found = read_files([Upload("c.csv", write_csv(some)), Upload(ODD, b""),
                        Upload("bomb.zip", zipped({"../a": b""})),
                        Upload("z.zip", zipped({"1/a.png": b"x"}))])  # fmt: skip
    assert is_some(found, some)
    assert [line.split(": ")[0] for line in found.left_out] == [ODD, "bomb.zip", "z.zip"]
    assert ODD not in found.origin


def test_examples_are_what_they_say(some):
    digits = load_mnist(train=True)
    assert read(example_csv(digits)).labels.tolist() == list(range(10))
    assert read(example_zip(digits)).labels.tolist() == [n for n in range(10) for _ in range(2)]


def test_reading_tells_how_far_it_is(some):
    told = []
    read_files([Upload(*as_zip(some)[0])], tell=lambda *so_far: told.append(so_far))
    assert told == [(done, 40) for done in range(40)]


def test_long_lists_and_names_are_cut():
    assert listed(["a"] * 203)[-1] == "and 3 more"
    assert shown("a\x1b[2J‮b" + "c" * 200).startswith("a�[2J�b")
    assert len(shown("c" * 200)) == 120


def test_warnings_say_what_is_missing_uneven_or_known(some):
    images, labels = pairs_of(some)
    test = load_mnist(train=False).images.numpy()
    words = " ".join(warnings(images, labels, test))
    assert "40 of the 40 are MNIST's own test digits" in words
    train = load_mnist(train=True)
    assert not warnings(train.images.numpy()[:5000], train.labels.numpy()[:5000], test)
    shared = warnings(train.images.numpy()[:5000], train.labels.numpy()[:5000], test,
                      train.images.numpy())  # fmt: skip
    assert shared[0].startswith("5,000 of the 5,000 are MNIST's own training digits")
    few = warnings(images[[0, 0]], labels[[0, 0]], test[:0])
    assert "0, 1, 2, 3, 4, 5, 6, 8 or 9" in few[0]
    assert few[-1].startswith("1 ")
    told = warnings(images[[0, 0, 1, 1, 1]], np.array([7, 1, 2, 2, 3]), test[:0])
    assert told[0] == "2 pictures stand there under several labels, of which one at most is right."
    assert "several labels" not in words
