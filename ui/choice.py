"""Which models are asked, and how their answers become one."""

import streamlit as st

from digitcore.members import Members
from digitcore.runs import Ensemble, RunDamaged

WAYS = {"mean": "Mean probability", "vote": "Majority vote", "weighted": "Fitted weights"}
OWN = "own choice"


def choose_ensemble(models: Members) -> Ensemble:
    """A named ensemble, or the person's own choice of models. It travels in the page's address."""
    default = models.choose().name
    with st.expander(_title(default), icon=":material/groups:", key="who"):
        return _choose(models, default)


def _title(default: str) -> str:
    chosen = st.session_state.get("ensemble", default)
    return f"Who answers: {chosen if chosen == OWN else f'{chosen} ensemble'}"


def _choose(models: Members, default: str) -> Ensemble:
    known = models.store.ensembles()
    names = [*sorted(known, key=lambda name: name != default), OWN]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Who answers",
            names,
            key="ensemble",
            bind="query-params",
            persist_state="session",
            width=260,
            format_func=lambda name: name if name == OWN else f"{name} ensemble",
        )
        how = _choose_how()
    start = known[chosen].members if chosen in known else models.choose().members
    if chosen == OWN:
        start = st.multiselect(
            "Models",
            models.names(),
            default=list(start),
            key="members",
            bind="query-params",
            persist_state="session",
        )
        if not start:
            st.info(
                "Choose at least one model. Until then the default ensemble answers.",
                icon=":material/checklist:",
            )
            start = models.choose().members
    else:
        st.caption(known[chosen].description)
    try:
        return models.combined(tuple(start), how, chosen)
    except RunDamaged as damage:
        st.error(f"{damage} So all count alike.", icon=":material/broken_image:")
        return models.combined(tuple(start), "mean", chosen)


def _choose_how() -> str:
    return st.selectbox(
        "How they are combined",
        list(WAYS),
        key="how",
        bind="query-params",
        persist_state="session",
        format_func=WAYS.__getitem__,
        width=220,
        help="Mean probability: every model counts alike. Majority vote: each model has one "
        "vote, and ties go to the higher mean. Fitted weights: better models count more, by "
        "weights fitted on 5,000 digits that none of them was trained on.",
    )
