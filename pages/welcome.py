"""Home: what this is, what the models reach, and the way into each page."""

import streamlit as st

from digitcore import figures
from ui.gallery import show_mistakes
from ui.loaders import leaderboard, members

st.title("Handwritten digits, understood")
st.markdown(
    "A place to see how networks learn to read digits, how far they can be trusted, "
    "and what they make of yours."
)

if not members().names():
    st.info(
        "There is no trained model yet. Train the shipped ones with "
        "`python -m scripts.train_zoo`, then reload this page.",
        icon=":material/model_training:",
    )
    st.stop()

board = leaderboard()
best = board.iloc[0]

with st.grid(3, min_column_width=220):
    st.metric(
        f"Best so far: {best.model}",
        f"{best.accuracy:.2%}",
        border=True,
        help=f"95 % interval {best.low:.2%} to {best.high:.2%}, n = 10,000 test digits.",
    )
    st.metric("Of 10,000 test digits it misreads", best.errors, border=True)
    st.metric("Models and ensembles to ask", len(board), border=True)

with st.container(border=True):
    st.page_link("pages/draw.py", label="**Draw a digit**", icon=":material/draw:")
    st.caption("Draw, upload or pick a digit, and see what every model makes of it.")

show_mistakes(best.model)

st.subheader("How well the models read")
st.caption(
    "All were trained on at most 55,000 of MNIST's training digits; every choice was made on the "
    "rest. The 10,000 test digits were predicted once, at the end. Overlapping intervals mean "
    "that a gap may be luck."
)
st.plotly_chart(
    figures.accuracies(board),
    config={"displayModeBar": False},
    alt=f"Accuracy of {len(board)} models with intervals; {best.model} leads with "
    f"{best.accuracy:.2%}.",
)
st.dataframe(
    board,
    hide_index=True,
    column_order=["model", "accuracy", "low", "high", "errors", "parameters", "megabytes", "what"],
    column_config={
        "model": "Model",
        "accuracy": st.column_config.NumberColumn("Accuracy", format="percent"),
        "low": st.column_config.NumberColumn("95 % from", format="percent"),
        "high": st.column_config.NumberColumn("to", format="percent"),
        "errors": "Errors of 10,000",
        "parameters": st.column_config.NumberColumn("Parameters", format="localized"),
        "megabytes": st.column_config.NumberColumn("Size", format="%.2f MB"),
        "what": st.column_config.TextColumn("What it is", width="large"),
    },
)
st.subheader("For programs")
st.markdown("The same server answers over REST, by the same road as the Draw page:")
st.code("curl -F image=@seven.png http://localhost:8501/predict", language="bash")
st.link_button("REST documentation", "/api/docs", icon=":material/api:")
