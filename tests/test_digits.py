"""The data: whole, the published one, never from the network; and a split that never moves."""

import gzip
import hashlib
import shutil
import socket
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchvision.datasets import MNIST

from digitcore import digits as data
from digitcore.digits import (
    ARCHIVES,
    DATA,
    HELD_OUT_SHARE,
    DataDamaged,
    DigitSet,
    load_mnist,
    split,
    subset,
)

TRAIN_COUNTS = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
TEST_COUNTS = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
LABELS = "t10k-labels-idx1-ubyte"  # the smallest of the four


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("The data was sought on the network.")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def copy(tmp_path, mnist):
    """A data folder that stands for the shipped one: links, which a test replaces as it needs."""
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for file in (DATA / "MNIST" / "raw").iterdir():
        if file.name in ARCHIVES or f"{file.name}.gz" in ARCHIVES:
            (raw / file.name).symlink_to(file)
    return tmp_path


def put(file: Path, content: bytes) -> None:
    file.unlink(missing_ok=True)
    file.write_bytes(content)


def marked(count: int = 60_000) -> DigitSet:
    """Digits whose 'image' is their own index, so that it can be seen where each one goes."""
    labels = load_mnist(train=True).labels[:count]
    return DigitSet("marked", torch.arange(count), labels)


def indices(digits: DigitSet) -> set[int]:
    return set(digits.images.tolist())


@pytest.mark.parametrize(
    ("train", "name", "counts", "mean"),
    [
        (True, "MNIST training", TRAIN_COUNTS, 33.3184),
        (False, "MNIST test", TEST_COUNTS, 33.7912),
    ],
)
def test_mnist_is_what_was_published(train, name, counts, mean):
    digits = load_mnist(train=train)
    assert digits.name == name
    assert digits.images.shape == (sum(counts), 28, 28)
    assert digits.images.dtype == torch.uint8
    assert digits.labels.dtype == torch.int64
    assert digits.labels.bincount().tolist() == counts
    assert digits.images.float().mean().item() == pytest.approx(mean, abs=1e-3)
    assert (digits.images.min(), digits.images.max()) == (0, 255)


def test_mnist_is_what_torchvision_reads():
    digits, official = load_mnist(train=False), MNIST(str(DATA), train=False, download=False)
    assert torch.equal(digits.images, official.data)
    assert torch.equal(digits.labels, official.targets)
    assert len(digits) == len(official)


def test_archives_and_their_sums_are_those_that_torchvision_knows():
    assert dict(MNIST.resources) == ARCHIVES


def test_mnist_is_read_once():
    assert load_mnist(train=False) is load_mnist(train=False)


def test_four_fresh_archives_are_enough(tmp_path):
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in ARCHIVES:
        shutil.copy(DATA / "MNIST" / "raw" / name, raw)
    digits = load_mnist(train=True, root=tmp_path)
    assert torch.equal(digits.labels, load_mnist(train=True).labels)
    assert torch.equal(digits.images, load_mnist(train=True).images)
    assert sorted(file.name for file in raw.iterdir()) == sorted(
        [*ARCHIVES] + [name.removesuffix(".gz") for name in ARCHIVES]
    )


def damage_nothing_left(archive: Path) -> None:
    archive.unlink()


def damage_empty(archive: Path) -> None:
    put(archive, b"")


def damage_truncated(archive: Path) -> None:
    whole = archive.read_bytes()
    put(archive, whole[: len(whole) // 2])


def damage_one_byte(archive: Path) -> None:
    whole = bytearray(archive.read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    put(archive, bytes(whole))


def damage_git_lfs_pointer(archive: Path) -> None:
    put(archive, b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")


@pytest.mark.parametrize("name", ARCHIVES)
@pytest.mark.parametrize(
    "damage",
    [
        damage_nothing_left,
        damage_empty,
        damage_truncated,
        damage_one_byte,
        damage_git_lfs_pointer,
    ],
)
def test_damaged_archive_is_named_with_how_to_restore_it(copy, name, damage):
    archive = copy / "MNIST" / "raw" / name
    archive.with_suffix("").unlink()
    damage(archive)
    with pytest.raises(DataDamaged, match=name) as caught:
        load_mnist(train=True, root=copy)
    assert "git checkout -- data/MNIST/raw" in str(caught.value)
    assert ("missing" if damage is damage_nothing_left else "damaged") in str(caught.value)


def test_missing_data_folder_is_named_as_missing(tmp_path):
    with pytest.raises(DataDamaged, match="missing"):
        load_mnist(train=False, root=tmp_path / "nowhere")


@pytest.mark.parametrize("spoil", [lambda whole: whole[:5000], lambda whole: whole + b"?"])
def test_file_that_is_not_whole_is_unpacked_again(copy, spoil):
    unpacked = copy / "MNIST" / "raw" / LABELS
    whole = unpacked.read_bytes()
    put(unpacked, spoil(whole))
    assert load_mnist(train=False, root=copy).labels.bincount().tolist() == TEST_COUNTS
    assert unpacked.read_bytes() == whole
    assert whole == gzip.decompress(unpacked.with_suffix(".gz").read_bytes())


def test_failed_unpacking_leaves_nothing_behind(copy, monkeypatch):
    raw = copy / "MNIST" / "raw"
    (raw / LABELS).unlink()
    before = {file.name for file in raw.iterdir()}

    def full_disk(source, target):
        target.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(data.shutil, "copyfileobj", full_disk)
    with pytest.raises(DataDamaged, match="No space"):
        load_mnist(train=False, root=copy)
    assert {file.name for file in raw.iterdir()} == before


def test_unpacked_file_is_as_readable_as_any_new_file(copy):
    """Another user of the machine, such as a container's, must be able to read it."""
    raw = copy / "MNIST" / "raw"
    (raw / LABELS).unlink()
    load_mnist(train=False, root=copy)
    put(raw / "any", b"")
    assert (raw / LABELS).stat().st_mode == (raw / "any").stat().st_mode


def test_take_keeps_images_with_their_labels_and_the_order(mnist):
    taken = mnist.take([7, 3, 3], "three")
    assert taken.name == "three"
    assert torch.equal(taken.images, mnist.images[torch.tensor([7, 3, 3])])
    assert taken.labels.tolist() == [mnist.labels[i].item() for i in (7, 3, 3)]
    assert mnist.take([0]).name == mnist.name
    assert len(mnist.take([])) == 0


def test_held_out_digits_are_always_the_same_ones(mnist):
    """Shipped predictions are stored without labels: this split must never change."""
    held_out = split(mnist)[1]
    content = held_out.images.numpy().tobytes() + held_out.labels.numpy().tobytes()
    assert hashlib.sha256(content).hexdigest() == (
        "e31e9f83fef4daa2c3a86965b4b489a2bab70e52df8278eb1f2e4e1d64df0c75"
    )


def test_split_keeps_images_with_their_labels(mnist):
    train, validation = split(mnist)
    kept, held = (part.images for part in split(marked()))
    assert torch.equal(train.images, mnist.images[kept])
    assert torch.equal(train.labels, mnist.labels[kept])
    assert torch.equal(validation.images, mnist.images[held])
    assert torch.equal(validation.labels, mnist.labels[held])


def test_held_out_share_is_500_of_each_digit():
    train, validation = split(marked(), HELD_OUT_SHARE)
    assert validation.labels.bincount().tolist() == [500] * 10
    assert len(train) == 55_000


@given(st.floats(HELD_OUT_SHARE, 0.5))
def test_split_is_balanced_disjoint_complete_and_nested(share):
    train, validation = split(marked(), share)
    assert validation.labels.bincount().tolist() == [round(6000 * share)] * 10
    assert not indices(train) & indices(validation)
    assert len(train) + len(validation) == 60_000
    assert indices(train) | indices(validation) == set(range(60_000))
    assert indices(split(marked())[1]) <= indices(validation)


def test_split_that_would_empty_a_class_is_refused():
    with pytest.raises(ValueError, match=r"95 ?%"):
        split(marked(), 0.95)
    with pytest.raises(ValueError, match="class empty"):
        split(marked(20), 0.5)


@pytest.mark.parametrize("share", [-0.1, -1.0])
def test_split_by_less_than_nothing_is_refused(share):
    with pytest.raises(ValueError, match="validation share"):
        split(marked(), share)


@given(st.integers(1, 999), st.integers(0, 2**31 - 1))
def test_subset_draws_distinct_digits_by_seed(size, seed):
    chosen = subset(marked(1000), size, seed)
    assert len(indices(chosen)) == len(chosen) == size
    assert torch.equal(chosen.images, subset(marked(1000), size, seed).images)
    assert torch.equal(chosen.labels, marked(1000).labels[chosen.images])


def test_subset_differs_between_seeds():
    assert indices(subset(marked(1000), 100, 0)) != indices(subset(marked(1000), 100, 1))


def test_subset_of_all_is_all():
    whole = marked(1000)
    assert subset(whole, 1000, 3) is whole


@pytest.mark.parametrize("size", [0, -1, 1001])
def test_subset_of_an_impossible_size_is_refused(size):
    with pytest.raises(ValueError, match=f"between 1 and 1000 digits, not {size}"):
        subset(marked(1000), size, 0)


@pytest.mark.parametrize("act", [split, lambda digits: subset(digits, 100, 0)])
def test_splitting_leaves_the_global_rng_alone(act):
    before = torch.get_rng_state()
    act(marked(1000) if act is not split else marked())
    assert torch.equal(torch.get_rng_state(), before)
