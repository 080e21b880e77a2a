"""Draw: give a picture of a digit, and see what every model thinks of it."""

import streamlit as st

from digitcore import figures, ink
from ui.answer import percent, show_in_short, show_reasons, show_steps, show_verdict
from ui.charts import show_chart
from ui.choice import choose_ensemble
from ui.loaders import members
from ui.pad import SIDE, give_picture, show_given, show_refused
from ui.words import in_words, stop_without_models

st.title("Draw a digit")
st.markdown(
    "One digit, anywhere, at any size. The models read it after each stroke and answer together."
)

models = members()
if not models.names():
    stop_without_models()

ensemble = choose_ensemble(models)


@st.fragment
def read_picture() -> None:
    """Runs by itself after each stroke, so that the rest of the page stays as it is."""
    with in_words():
        show_reading()


def show_reading() -> None:
    """The picture on the left, what is made of it on the right, how and why below."""
    sides = st.container(horizontal=True, gap="medium")
    left, right = sides.container(width=SIDE), sides.container(width="stretch")
    with left:
        picture, beside = give_picture()
    with right:
        if picture is None:
            st.info("Nothing to read yet. The answer will stand here.", icon=":material/draw:")
            return
        try:
            seen = ink.read_file(picture) if isinstance(picture, bytes) else ink.read(picture)
        except ink.NoInk as reason:
            st.warning(f"No digit to be seen: {reason}", icon=":material/visibility_off:")
            with left:
                show_refused(picture)
            return
        except ink.BadPicture as reason:
            st.error(str(reason), icon=":material/broken_image:")
            return
        with left:
            show_given(seen)
        (answer,) = models.read(ensemble, [seen])
        show_verdict(answer)
        with beside:
            show_in_short(answer)
        chart = st.container()
    show_steps(models, ensemble.members, seen)
    with chart:  # after what is quick to draw, so that the answer does not wait for it
        show_chart(
            figures.probabilities(answer.probabilities, answer.by_member),
            alt=f"The probability of each digit, by model; together {percent(answer.probability)} "
            f"for {answer.digit}, which is called {answer.certainty}. {answer.agreement}",
            key="probabilities",
        )
    show_reasons(models, ensemble.members, seen, answer.digit)


read_picture()
