"""What the warps of a recipe do to digits, seen before anything is trained."""

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from digitcore.augment import Warp, warp
from digitcore.digits import load_mnist
from digitcore.evaluation import as_input
from ui.pictures import sheet

COUNT = 16


def show_preview(how: Warp) -> None:
    """16 digits, each with what the warps make of it; another throw of the dice on demand."""
    throw = st.session_state.setdefault("warp_throw", 0)
    digits = load_mnist(train=True).images[:COUNT]
    pairs = np.stack([digits.numpy(), warped(digits, how, throw)], axis=1)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            "Each pair: a training digit, and one of the ways in which it will be seen."
            if not how.alike(Warp())
            else "No warp is switched on: every digit is seen as it is."
        )
        st.button("Throw the dice again", icon=":material/casino:", on_click=_throw)
    st.image(
        sheet(pairs.reshape(2 * COUNT, 28, 28), columns=16),
        width="stretch",
        alt=f"{COUNT} training digits, each beside a warped copy of it",
    )


def warped(images: Tensor, how: Warp, throw: int) -> np.ndarray:
    """uint8 (N, 28, 28) images as one epoch of a training sees them, by a throw of the dice."""
    generator = torch.Generator().manual_seed(throw)
    return as_images(warp(as_input(images), how, generator))


def as_images(pixels: Tensor) -> np.ndarray:
    """(N, 1, 28, 28) in 0..1, what networks read, as uint8 (N, 28, 28)."""
    return (pixels[:, 0] * 255).round().clamp(0, 255).byte().numpy()


def _throw() -> None:
    st.session_state.warp_throw += 1
