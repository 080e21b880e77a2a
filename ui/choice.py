"""Which models are asked, and how their answers become one."""

import streamlit as st

from digitcore.comparison.anatomy import weights_told
from digitcore.ensemble import WAYS
from digitcore.folder import NAME, RunDamaged
from digitcore.members import Members
from digitcore.runs import Ensemble
from digitcore.words import listed

OWN = "own choice"
NAMED = 3  # chosen models that are named one by one


def choose_ensemble(models: Members) -> Ensemble:
    """A named ensemble, or the person's own choice of models. It travels in the page's address."""
    default = models.choose().name
    known = models.store.ensembles()
    names = [*sorted(known, key=lambda name: name != default), OWN]
    if st.query_params.get("ensemble", OWN) not in names:
        st.info("The address asks for an ensemble that is not here. The default answers instead.")
    with st.expander(f"Who answers: {_asked(names)}", key="who"):
        ensemble = _choose(models, names, known)
        if ensemble.weights:
            st.caption(weights_told(ensemble.members, ensemble.weights))
    return ensemble


def _asked(names: list[str]) -> str:
    """Who is asked, in words: the address speaks first, before its widget has been drawn."""
    kept = st.session_state.get("ensemble", names[0])
    asked = st.query_params.get("ensemble", kept)
    asked = asked if asked in names else names[0]
    if asked != OWN:
        return f"the {asked} ensemble"
    members = st.query_params.get_all("members") or st.session_state.get("members", [])
    named = [name for name in members if NAME.fullmatch(name)]  # an address may say anything
    return listed(named) if 0 < len(named) <= NAMED else OWN


def _choose(models: Members, names: list[str], known: dict[str, Ensemble]) -> Ensemble:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Who answers",
            names,
            key="ensemble",
            bind="query-params",
            persist_state="session",
            on_change=lambda: _follow(known),
            width=260,
            help=f"{OWN}: any of the models, those that you trained among them.",
        )
        how = _choose_how(_own_way(known, chosen))
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
        st.text(f"{', '.join(start)}. {known[chosen].description}")  # as text: it may be a user's
        if how == known[chosen].how:
            return known[chosen]  # with the weights that it was made with
    try:
        return models.combined(tuple(start), how, chosen)
    except RunDamaged as damage:
        st.error(f"{damage} So all count alike.", icon=":material/broken_image:")
        return models.combined(tuple(start), "mean", chosen)


def _own_way(known: dict[str, Ensemble], chosen: str) -> str:
    return known[chosen].how if chosen in known else WAYS[0]


def _follow(known: dict[str, Ensemble]) -> None:
    """Another ensemble begins with the way in which it was made."""
    st.session_state.how = _own_way(known, st.session_state.ensemble)


def _choose_how(first: str) -> str:
    return st.selectbox(
        "How they are combined",
        WAYS,
        index=WAYS.index(first),
        key="how",
        bind="query-params",
        persist_state="session",
        width=220,
        help="mean: the mean probability, every model counts alike. vote: each model has one "
        "vote, and ties go to the higher mean. weighted: better models count more, by "
        "weights fitted on 5,000 digits that none of them was trained on.",
    )
