"""What the warps of a recipe do to digits, seen before anything is trained."""

import numpy as np
import streamlit as st
import torch

from digitcore.augment import Warp, warp
from digitcore.digits import load_mnist
from digitcore.evaluation import as_input
from ui.pictures import sheet

COUNT = 16


def show_preview(how: Warp) -> None:
    """16 digits, each with what the warps make of it; another throw of the dice on demand."""
    throw = st.session_state.setdefault("warp_throw", 0)
    digits = load_mnist(train=True).images[:COUNT]
    generator = torch.Generator().manual_seed(throw)
    warped = warp(as_input(digits), how, generator)
    after = (warped[:, 0] * 255).round().clamp(0, 255).byte().numpy()
    pairs = np.stack([digits.numpy(), after], axis=1).reshape(2 * COUNT, 28, 28)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            "Each pair: a training digit, and one of the ways in which it will be seen."
            if how != Warp(perspective_p=how.perspective_p)
            else "No warp is switched on: every digit is seen as it is."
        )
        st.button("Throw the dice again", icon=":material/casino:", on_click=_throw)
    st.image(
        sheet(pairs, columns=16),
        width="stretch",
        alt=f"{COUNT} training digits, each beside a warped copy of it",
    )


def _throw() -> None:
    st.session_state.warp_throw += 1
