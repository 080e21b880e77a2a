"""Compare: which model to use, and why: from the leaderboard down to the single image."""

import streamlit as st

from ui.compare.seen import MODELS, choose_seen
from ui.compare.views import choose_view, show_view
from ui.loaders import members
from ui.words import in_words, stop_without_models

st.title("Compare models")
st.markdown(
    "Which model to use, whether a gap is luck, and on which digits they differ. Choose models, "
    "then look from ten sides; the page's address keeps what you chose."
)

if not members().names():
    stop_without_models()

seen = None
with in_words():
    seen = choose_seen()
view = choose_view()
if seen:
    show_view(view, seen)
elif not st.session_state.get(MODELS):
    st.info("Choose at least one model to look at.", icon=":material/checklist:")
