"""How an answer is shown: the digit, how sure, who disagrees, and what the networks saw."""

from collections.abc import Iterator, Sequence

import streamlit as st

from digitcore import explain
from digitcore.deslanting import deslants, upright
from digitcore.ink import Ink, Step
from digitcore.members import Members
from digitcore.verdict import SURE, Verdict
from ui.pictures import enlarge

STEP_SIDE = 112  # pixels


def show_verdict(answer: Verdict) -> None:
    """The digit large, its probability, and in words whether to trust it."""
    number, words = st.columns([1, 3], vertical_alignment="center")
    number.metric("Most like" if answer.strange else "Answer", answer.digit)
    with words:
        sure = f"{percent(answer.probability)} sure. {answer.agreement}"
        if answer.strange:
            st.warning(
                "This does not look like a digit: the two likeliest have "
                f"{100 * answer.resemblance:.1f}\u00a0% of the probability between them, where 995 "
                f"of 1,000 held-out digits of MNIST have over {100 * answer.threshold:.1f}\u00a0%. "
                f"{answer.guess}",
                icon=":material/question_mark:",
            )
        elif answer.sure:
            st.success(sure, icon=":material/check_circle:")
        elif answer.beside:
            st.warning(
                "Unsure: there may be another digit in the picture. Draw one at a time. "
                f"Of this one: {sure}",
                icon=":material/help:",
            )
        elif answer.outvoted:
            st.warning(f"Unsure: most models read another digit. {sure}", icon=":material/help:")
        else:
            st.warning(
                f"Unsure: it could also be {answer.runner_up} "
                f"({percent(answer.runner_up_probability)}). {sure}",
                icon=":material/help:",
            )


def show_in_short(answer: Verdict) -> None:
    """The digit alone, with a question mark where the models are not sure."""
    if answer.sure:
        st.badge(str(answer.digit), color="green")
    else:
        st.badge(f"{answer.digit}?", color="orange")


def percent(probability: float) -> str:
    """No model is ever wholly sure, so 99.97 % is not rounded to 100."""
    return "Over 99.9 %" if probability > 0.999 else f"{100 * probability:.1f} %"


def show_reasons(models: Members, names: Sequence[str], seen: Ink, digit: int) -> None:
    """For each model, which ink its answer hangs on; computed only when asked for."""
    st.header("Why this answer")
    if not st.toggle("Show which ink speaks for it", key="reasons", persist_state="session"):
        return
    st.caption(
        f"Small patches of the ink are taken away in turn. Blue ink speaks for {digit}: "
        "without it the model would believe in it less. Orange ink speaks against it. "
        "The brightest matters most; grey hardly matters."
    )
    with st.grid("auto", min_column_width=STEP_SIDE + 16):
        for name in names:
            relevance = explain.occlusion(models.network(name), seen.image, digit)
            st.image(
                enlarge(explain.colour(seen.image, relevance), STEP_SIDE),
                width=STEP_SIDE,
                caption=name,
                alt=f"Which ink speaks for {digit} in the eyes of {name}",
            )


def show_steps(models: Members, names: Sequence[str], seen: Ink) -> None:
    """What became of the picture on its way to the networks, step by step; where some of the
    models deslant it, that as well."""
    st.header("What the networks see")
    st.caption(
        "They know only 28 x 28 pictures made like MNIST's. This is how yours became one. "
        f"An answer below {SURE:.0%}, or one that most models do not share, is called unsure. "
        "Where the two likeliest digits have less between them than all but 0.5 % of the held-out "
        "digits have, it is said not to look like a digit. The champion finds most of these out, "
        "for some of its members have learned from letters, signs and scribbles as well; a letter "
        "that is written like a digit it reads as one."
    )
    with st.grid("auto", min_column_width=STEP_SIDE + 16):
        for number, step in enumerate((*seen.steps, *_deslanted(models, names, seen)), start=1):
            st.image(
                enlarge(step.picture, STEP_SIDE),
                width=STEP_SIDE,
                caption=f"{number}. {step.name}: {step.caption}",
                alt=f"{step.name}: {step.caption}",
            )


def _deslanted(models: Members, names: Sequence[str], seen: Ink) -> Iterator[Step]:
    """What those of the models that deslant an image make of it; nothing where none does."""
    so = [name for name in names if deslants(models.network(name))]
    if so:
        caption = f"Sheared until its ink leans to neither side: for {', '.join(so)}."
        yield Step("Deslanted", caption, upright(seen.image))
