"""Digits as files to take away: what is read again is what was there."""

import io
import zipfile

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from digitcore.exploration import bundle
from digitcore.exploration.bundle import MOST_PICTURES, TooManyPictures
from digitcore.exploration.catalogue import MNIST
from digitcore.own.arrays import read_npz
from digitcore.own.csvs import read_csv
from digitcore.own.reading import Limits
from digitcore.own.zips import read_zip
from tests.catalogues import small

SET = small(60, MNIST)
PLACES = np.array([41, 3, 59, 7])
CHOICES = [PLACES, np.array([5]), np.array([], dtype=int), np.arange(60)]


@pytest.mark.parametrize("places", CHOICES)
def test_csv_holds_label_pixels_and_all_that_is_known(places, monkeypatch):
    monkeypatch.setattr(bundle, "AT_ONCE", 16)  # so that there are several parts
    written = bundle.as_csv(SET, places)
    assert b"\0" not in written
    read = pd.read_csv(io.BytesIO(written))
    assert list(read)[:2] == ["label", "pixel0"] and list(read)[784] == "pixel783"
    assert read["label"].tolist() == SET.labels[places].tolist()
    pixels = read.iloc[:, 1:785].to_numpy().reshape(-1, 28, 28)
    assert (pixels == SET.images[places]).all()
    known = SET.table.iloc[places].drop(columns="label").reset_index(drop=True)
    rest = read.iloc[:, 785:]
    assert list(rest) == list(known)
    assert rest["split"].tolist() == known["split"].tolist()
    for name in known.drop(columns="split"):
        assert rest[name].to_numpy(float) == pytest.approx(known[name].to_numpy(float), rel=1e-6)


@pytest.mark.parametrize("places", CHOICES)
def test_npz_holds_the_arrays(places):
    with np.load(io.BytesIO(bundle.as_npz(SET, places)), allow_pickle=False) as read:
        assert read["images"].dtype == np.uint8 and (read["images"] == SET.images[places]).all()
        assert read["labels"].tolist() == SET.labels[places].tolist()
        assert read["splits"].tolist() == SET.table["split"].iloc[places].tolist()
        assert read["numbers"].tolist() == SET.table["number"].iloc[places].tolist()


@pytest.mark.parametrize("places", CHOICES)
def test_zip_holds_each_digit_in_its_class_and_an_index(places):
    with zipfile.ZipFile(io.BytesIO(bundle.as_zip(SET, places))) as archive:
        index = pd.read_csv(archive.open(bundle.INDEX))
        assert sorted(archive.namelist()) == sorted([*index["file"], bundle.INDEX])
        for row, place in zip(index.to_dict("records"), places, strict=True):
            assert row["file"].startswith(f"{SET.labels[place]}/")
            assert row["number"] == SET.table["number"][place]
            picture = np.asarray(Image.open(archive.open(row["file"])))
            assert (picture == SET.images[place]).all()


def test_too_many_pictures_are_refused_in_words():
    with pytest.raises(TooManyPictures, match=r"10,000 digits .* 10,001.*NumPy"):
        bundle.as_zip(SET, np.zeros(MOST_PICTURES + 1, dtype=int))


@pytest.mark.parametrize(
    ("how", "read"),
    [(bundle.as_csv, read_csv), (bundle.as_npz, read_npz), (bundle.as_zip, read_zip)],
)
def test_what_is_taken_away_can_be_given_back_as_a_set_of_ones_own(how, read):
    found = read(how(SET, PLACES), Limits())
    given = sorted(zip(found.labels, map(bytes, found.images), strict=True))
    assert given == sorted((SET.labels[place], bytes(SET.images[place])) for place in PLACES)
    assert not found.left_out
