"""Train: choose a recipe, press Train, watch the network learn, and keep what comes of it."""

import streamlit as st

from ui.estimate import show_estimate
from ui.live import watch
from ui.loaders import jobs
from ui.recipe_form import choose_recipe
from ui.runs_table import show_runs
from ui.train_button import show_train_button
from ui.words import in_words

st.title("Train a network")
st.markdown(
    "Choose a recipe, press Train and watch it learn. It goes on when you leave the page, and "
    "what it comes to can be asked on the Draw page."
)

store = jobs()

with st.container(border=True):
    top = st.container(horizontal=True, vertical_alignment="bottom")
    recipe = choose_recipe(top)
    with top:
        show_train_button(store, recipe)
    estimate = st.container()

watch(store)
show_runs(store)

if recipe:
    with estimate, in_words():  # comes last: it measures for up to a second
        show_estimate(recipe, busy=any(job.alive for job in store.active()))
