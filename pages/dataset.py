"""Explore: the digits themselves, from all 70,000 to the ones that matter."""

import streamlit as st

from ui.explore.chosen import choose_set
from ui.explore.views import choose_view, show_view

st.title("Explore the digits")
st.markdown(
    "What is in the data, what is odd or mislabelled, and what looks like what: MNIST's 70,000 "
    "digits, or your own. The page's address keeps what you chose."
)

view = choose_view()
show_view(view, choose_set())
