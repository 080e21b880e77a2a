"""What files of digits may look like, with small ones to try."""

import streamlit as st

from digitcore.digits import load_mnist
from digitcore.own.examples import example_csv, example_zip
from digitcore.own.pictures import RULE

KINDS = f"""
- **ZIP of pictures** (PNG, JPEG, WebP, GIF or BMP, one digit each). {RULE}
- **CSV**: a digit in each row, its label first, last or in a column named label, and 784 pixels,
  row by row from the top left. Pixels run from 0 to 255, or all of them from 0 to 1. A row of
  headings may come first.
- **IDX**, as MNIST itself comes: the file of images and the file of labels, sent together, packed
  by gzip or not.
- **NPZ** with arrays called images and labels, x and y, or x_train and y_train; or two **NPY**
  files sent together. Pictures have the shape (count, height, width) or (count, 784).
- A ZIP that holds such files alone.
- **Pictures** by themselves, whose names begin with the digit, as in 7_0001.png.

A picture that is as MNIST's, 28 x 28 with a light digit centred on black, is kept as it is. Any
other goes the way that a drawing goes: its digit is found, and placed and sized as MNIST does.
A file may have 100 MB, a picture in a ZIP 10 MB, a set 100,000 digits.
"""


def explain() -> None:
    with st.expander("What the files may look like"):
        st.markdown(KINDS)
        with st.container(horizontal=True):
            _offer("An example ZIP, 20 digits", _zip, "digits.zip", "application/zip")
            _offer("An example CSV, 10 digits", _csv, "digits.csv", "text/csv")


def _offer(label, make, name, mime) -> None:
    st.download_button(label, make, name, mime, icon=":material/download:", on_click="ignore")


def _zip() -> bytes:
    return example_zip(load_mnist(train=True))


def _csv() -> bytes:
    return example_csv(load_mnist(train=True))
