"""Home: what this is, what the models reach, and the way into each page."""

from urllib.parse import urlsplit

import streamlit as st

from digitcore import figures
from ui.board import comparable, show_board
from ui.charts import show_chart
from ui.gallery import show_mistakes
from ui.loaders import leaderboard, members
from ui.words import in_words, stop_without_models

st.title("Handwritten digits, understood")
st.markdown(
    "See how well neural networks read handwritten digits, how far they can be trusted, "
    "and what they make of yours."
)

with st.grid(4, min_column_width=240):
    with st.container(border=True):
        st.page_link("pages/draw.py", label="**Draw a digit**", icon=":material/draw:")
        st.caption("Draw, upload or pick a digit, and see what every model makes of it, and why.")
    with st.container(border=True):
        st.page_link("pages/dataset.py", label="**Explore the digits**", icon=":material/search:")
        st.caption("All 70,000, or your own: what is in them, what is odd, what looks like what.")
    with st.container(border=True):
        st.page_link(
            "pages/train.py", label="**Train a network**", icon=":material/model_training:"
        )
        st.caption("Choose a recipe, press Train, and watch it learn from the first batch on.")
    with st.container(border=True):
        st.page_link("pages/compare.py", label="**Compare models**", icon=":material/balance:")
        st.caption("Which one to use, whether a gap is luck, and which digits each gets wrong.")

board, damages = leaderboard()
for damage in damages:
    st.warning(damage, icon=":material/broken_image:")
if not board:
    stop_without_models()

default = next((row for row in board if row.name == members().choose().name), board[0])
share = default.accuracy

with st.grid(3, min_column_width=220):
    st.metric(f"Read by {default.name}, the default", f"{share.value:.2%}", border=True)
    st.metric(f"Misread of {share.n:,} test digits", default.errors, border=True)
    st.metric("Models and ensembles to ask", len(board), border=True)
st.caption(
    f"95 % interval {share.interval}, n = {share.n:,} test digits, predicted "
    "once. The default was chosen on other digits, held out of the training."
)

with in_words():
    show_mistakes(default.name)

st.header("How well the models read")
st.caption(
    "Every choice was made on held-out training digits; the test digits were predicted once, at "
    "the end. All models read the same test digits, so where intervals overlap, only a paired "
    "test can tell whether a gap is luck: the Compare page makes it."
)
shown = comparable(board)
show_chart(
    figures.accuracies(shown),
    alt=f"Accuracy of {len(shown)} models with intervals, from {shown[0].name} with "
    f"{shown[0].accuracy.value:.2%} down to {shown[-1].name} with {shown[-1].accuracy.value:.2%}.",
)
if len(shown) < len(board):
    st.caption("Runs that read worse than every shipped model are only in the table.")
show_board(board)

st.header("For programs")
st.markdown("The same server answers over REST, by the same road as the Draw page:")
here = urlsplit(st.context.url or "http://localhost:8501")
st.code(f"curl -F image=@seven.png {here.scheme}://{here.netloc}/predict", language=None)
st.link_button("REST documentation", "/api/docs", icon=":material/api:")
