"""Build an ensemble, name it, and ask it on Draw and over REST at once; rename and delete it."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from digitcore.comparison.anatomy import weights_told
from digitcore.comparison.significance import only_one_right
from digitcore.ensemble import TOLD, WAYS
from digitcore.ensembles import Own
from digitcore.evaluation import Predictions
from digitcore.folder import RunDamaged
from digitcore.members import DEFAULT
from digitcore.names import Refused
from digitcore.runs import Ensemble
from ui.compare.dissected import WHICH, anatomy
from ui.compare.part import TEST, VALIDATION
from ui.compare.seen import add_model, drop_model, redraw_page, rename_model
from ui.kept import kept_among
from ui.loaders import answers, jobs, members
from ui.states import attempt
from ui.tables import show_table
from ui.words import go_to, in_words

OF, HOW, NAME, ABOUT = (
    "ensembles members", "ensembles how", "ensembles name", "ensembles about",
)  # fmt: skip
OWN, MADE = "ensembles own", "ensembles made"
THIS = "this ensemble"
NO_VERDICT = (
    "Whether that is luck is not tested here: members are chosen and weights fitted by these very "
    "digits, which flatters what is chosen."
)
LETTERS = 200  # of a description


def show(chosen: Sequence[str]) -> None:
    """chosen: the single models that are compared."""
    st.header("Build your own")
    st.caption(
        "Choose members by what they reach together on the validation digits, from which no "
        "network learned. What it reaches on the test digits is shown when it is saved, so that "
        "the choice is not made by them."
    )
    _choose(chosen)
    if len(st.session_state[OF]) < 2:
        st.info("Choose two models or more.", icon=":material/checklist:")
    with in_words():
        ensemble = _asked()
        if ensemble:
            _show_preview(ensemble)
    _show_saving()
    with in_words():
        _show_made()
    _show_own()


# --- made


def _choose(chosen: Sequence[str]) -> None:
    known = members().names()
    start = [name for name in members().choose().members if name in known]
    kept = st.session_state.get(OF)
    if kept is not None and not set(kept) <= set(known):  # one was renamed or deleted
        st.session_state[OF] = [name for name in kept if name in known]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.multiselect("Members", known, default=start, key=OF, persist_state="session",
                       width="stretch")  # fmt: skip
        st.selectbox(
            "How they are combined", WAYS, key=HOW, persist_state="session", width=200,
            help="mean: the mean probability. vote: one vote each, ties go to the higher mean. "
            "weighted: by weights fitted on the validation digits, which are kept with it.",
        )  # fmt: skip
        st.button("Take the compared models", key="ensembles take", icon=":material/input:",
                  on_click=_take, args=(list(chosen),), disabled=len(chosen) < 2)  # fmt: skip


def _take(names: list[str]) -> None:
    st.session_state[OF] = names


def _asked(name: str = THIS) -> Ensemble | None:
    """The ensemble as the fields have it; None for fewer than two members. Raises RunDamaged."""
    kept = st.session_state
    if len(kept[OF]) < 2:
        return None
    return members().combined(tuple(kept[OF]), kept[HOW], name)


def _show_preview(ensemble: Ensemble) -> None:
    """What it reaches on validation digits, beside its best member and the default ensemble."""
    found = anatomy(ensemble, VALIDATION)
    lines = [
        _line("This ensemble", found.together, found.log_loss),
        _line(f"{found.best}, its best member by log-loss", found.members[found.best]),
    ]
    default = members().store.ensembles().get(DEFAULT)
    if default:
        rival = anatomy(default, VALIDATION)
        lines.append(_line(f"{DEFAULT}, the default", rival.together, rival.log_loss))
    who = ", ".join(ensemble.members)
    show_table(pd.DataFrame(lines), f"What {who} reach together on the validation digits")
    rivals = {f"{found.best}, its best member by log-loss,": found.members[found.best]}
    if default:
        rivals[DEFAULT] = rival.together
    for name, other in rivals.items():
        mine, theirs = map(len, only_one_right(found.together, other))
        st.text(f"Only {THIS} gets {mine:,} right that {name} misreads; only the other {theirs:,}.")
    if default and default.temperature != ensemble.temperature:
        st.caption(
            f"{DEFAULT} answers at temperature {default.temperature:g}, fitted on these digits, "
            f"{THIS} at {ensemble.temperature:g}: that moves the log-loss, and no answer."
        )
    st.caption(NO_VERDICT)
    if ensemble.weights:
        st.caption(weights_told(ensemble.members, ensemble.weights))


def _line(title: str, whole: Predictions, log_loss: float | None = None) -> dict:
    share = whole.accuracy
    return {
        "On the validation digits": title, f"Errors of {share.n:,}": whole.errors,
        "Accuracy": f"{share.value:.2%}", "95 % interval": share.interval,
        "Log-loss": f"{whole.log_loss if log_loss is None else log_loss:.5f}",
    }  # fmt: skip


def _show_saving() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Name of the ensemble", key=NAME, max_chars=64, width=240,
                      persist_state="session",
                      help="Letters, digits, dots, dashes and underscores. By this name it is "
                      "asked on the Draw page and over REST.")  # fmt: skip
        st.text_input("What it is", key=ABOUT, max_chars=LETTERS, width="stretch",
                      persist_state="session", placeholder="may stay empty")  # fmt: skip
        # the callback reads the fields itself: arguments would hold what stood there before
        st.button("Save it", type="primary", icon=":material/save:", key="ensembles save",
                  on_click=_save)  # fmt: skip


def _save() -> None:
    kept = st.session_state
    name, about = kept[NAME].strip(), kept[ABOUT].strip()
    if attempt(_create, name, about):
        kept[MADE], kept[OWN], kept[NAME], kept[ABOUT] = name, name, "", ""
        kept[WHICH] = name  # what its members add is what one wants to see next
        add_model(name)
        redraw_page()


def _create(name: str, about: str) -> None:
    """Raises Refused or OSError."""
    chosen = tuple(st.session_state[OF])
    try:
        ensemble = members().combined(chosen, st.session_state[HOW], name)
    except (RunDamaged, KeyError, ValueError) as reason:
        raise Refused(f"No weights can be fitted: {reason}") from reason
    jobs().ensembles.create(replace(ensemble, description=about or ensemble.description))


def _show_made() -> None:
    """The one that was saved last: only now, what it reaches on the test digits."""
    ensemble = members().store.ensembles().get(st.session_state.get(MADE, ""))
    if ensemble is None:
        return
    found = answers(ensemble.name, TEST)
    share = found.accuracy
    with st.container(border=True):
        st.text(
            f"{ensemble.name} is saved. On the {share.n:,} test digits, which had no part in the "
            f"choice, it makes {found.errors:,} errors: {share.words}."
        )
        _ask_on_draw(ensemble)
        st.code(f"curl -F image=@seven.png '{_address()}/predict?models={ensemble.name}'",
                language="bash")  # fmt: skip


def _address() -> str:
    from urllib.parse import urlsplit

    here = urlsplit(st.context.url or "http://localhost:8501")
    return f"{here.scheme}://{here.netloc}"


def _ask_on_draw(ensemble: Ensemble) -> None:
    if st.button("Ask it on Draw", icon=":material/draw:", key="ensembles draw"):
        st.session_state.ensemble, st.session_state.how = ensemble.name, ensemble.how
        go_to("pages/draw.py", {"ensemble": ensemble.name})


# --- renamed and deleted


def _show_own() -> None:
    """Every ensemble that was made here; what can be done with the chosen one."""
    every = {own.name: own for own in jobs().ensembles.all()}
    if not every:
        return
    st.header("Made here")
    for own in every.values():
        if not own.whole:
            st.warning(f"{own.name} does not answer: {_lack(own)}", icon=":material/broken_image:")
    kept_among(OWN, list(every))
    name = st.selectbox("Ensemble to rename or delete", list(every), key=OWN, width=280,
                        persist_state="session")  # fmt: skip
    own = every[name]
    if own.ensemble:
        st.text(_told(own.ensemble))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = f"ensembles name of {name}"
        st.text_input("New name", name, key=key, width=240, max_chars=64)
        st.button("Rename", icon=":material/edit:", key="ensembles rename",
                  on_click=_rename, args=(name, key))  # fmt: skip
        with st.popover("Delete", icon=":material/delete:"):
            st.markdown(f"Delete {name}? Its members stay. It cannot be undone.")
            st.button("Yes, delete it", type="primary", icon=":material/delete_forever:",
                      key="ensembles delete", on_click=_delete, args=(name,))  # fmt: skip


def _told(ensemble: Ensemble) -> str:
    """Its members, and a person's words if there are any: else both would be the same."""
    members = f"{', '.join(ensemble.members)}, by {TOLD[ensemble.how]}."
    told = ensemble.description
    return members if told in ("", members) else f"{members} {told}"


def _lack(own: Own) -> str:
    if own.missing:
        return f"{', '.join(own.missing)} is not there any more. You can delete it."
    return f"{own.damage} You can delete it."


def _rename(name: str, key: str) -> None:
    kept, new = st.session_state, st.session_state[key].strip()
    if attempt(jobs().ensembles.rename, name, new, done=f"{name} is called {new} now."):
        rename_model(name, new)
        kept[MADE] = new if kept.get(MADE) == name else kept.get(MADE, "")
        kept[OWN] = new
        redraw_page()


def _delete(name: str) -> None:
    if attempt(jobs().ensembles.delete, name, done=f"{name} is deleted."):
        drop_model(name)
        redraw_page()
