"""How the chosen models were trained: their histories overlaid."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import streamlit as st

from digitcore import figures
from digitcore.figures import Style
from digitcore.figures.histories import ALONG, METRICS, History, overlaid, summary, validated_on
from digitcore.folder import RunDamaged
from digitcore.report import Piece
from ui import loaders
from ui.charts import show_chart
from ui.compare.seen import Seen
from ui.kept import kept_among, kept_on

METRIC, ALIGNED, LOG, MEMBERS = "curve", "along", "training log", "training members"
WHEN = {"epoch": "Epoch", "time": "Time", "images": "Images seen"}


def show(seen: Seen) -> None:
    histories, missing = _read(_choose_runs(seen))
    for words in missing:
        st.warning(words, icon=":material/broken_image:")
    if not histories:
        st.info("There is no history to draw.", icon=":material/show_chart:")
        return
    metric, along, log = _choose_curve()
    show_chart(
        overlaid(histories, metric, along, log, _styles(seen, histories)),
        key="training chart",
        alt=f"{metric.capitalize()} of {', '.join(histories)} against {ALONG[along]}.",
    )
    st.caption(_about(histories, along))
    st.dataframe(summary(histories), hide_index=True, height="content", column_config=_COLUMNS)


def pieces(seen: Seen) -> Iterator[Piece]:
    own, members = _runs(seen)
    wanted, along, log = kept_choice(seen)
    histories, missing = _read([*own, *(members if wanted else [])])
    if not histories:
        yield Piece("Training", "\n\n".join(missing))
        return
    words = "\n\n".join([_about(histories, along), *missing])
    yield Piece("Training in figures", words, table=summary(histories))
    styles = _styles(seen, histories)
    for metric in METRICS:
        figure = overlaid(histories, metric, along, log, styles)
        yield Piece(f"Training: {metric} against {ALONG[along]}", figure=figure)


def kept_choice(seen: Seen) -> tuple[bool, str, bool]:
    """(whether members of ensembles too, aligned by what, whether logarithmic)."""
    wanted = not seen.single or kept_on(MEMBERS)
    return wanted, kept_among(ALIGNED, list(WHEN), told=WHEN.__getitem__), kept_on(LOG, True)


def _choose_runs(seen: Seen) -> list[str]:
    """The single models, and the members of ensembles as far as they are wanted."""
    own, members = _runs(seen)
    if seen.ensembles:
        together = ", ".join(seen.ensembles)
        st.caption(f"Not trained as such, but made of models that were: {together}.")
    if not own or not members:
        return [*own, *members]
    wanted = st.toggle(f"Their members too: {', '.join(members)}", key=MEMBERS,
                       persist_state="session")  # fmt: skip
    return [*own, *(members if wanted else [])]


def _runs(seen: Seen) -> tuple[list[str], list[str]]:
    """(the chosen single models, the members of chosen ensembles that are not among them)."""
    own = seen.single
    members = [member for name in seen.names for member in seen.rows[name].members]
    return own, [member for member in dict.fromkeys(members) if member not in own]


def _read(names: Sequence[str]) -> tuple[dict[str, History], list[str]]:
    """(histories by name, what is missing in words)."""
    histories, missing = {}, []
    for name in names:
        try:
            run = loaders.members().store.run(name)
            epochs, recipe = loaders.history(run.path), run.recipe
        except (RunDamaged, KeyError) as damage:
            missing.append(f"{name} is left out: {damage}")
            continue
        if len(epochs):
            histories[name] = History(epochs, recipe.learned, recipe.held_out)
        else:
            missing.append(f"{name} is left out: nothing was written down of its training.")
    return histories, missing


def _choose_curve() -> tuple[str, str, bool]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        metric = st.selectbox("Curve", list(METRICS), key=METRIC, bind="query-params",
                              persist_state="session", format_func=str.capitalize,
                              width=200)  # fmt: skip
        along = st.segmented_control("Aligned by", list(WHEN), default="epoch", required=True,
                                     key=ALIGNED, bind="query-params", persist_state="session",
                                     format_func=WHEN.get)  # fmt: skip
        log = st.toggle("Logarithmic", value=True, key=LOG, persist_state="session",
                        help="Shows small values as clearly as large ones. An accuracy is then "
                        "drawn as the share read wrongly.")  # fmt: skip
    return metric, along, log


def _styles(seen: Seen, names: Mapping[str, History]) -> dict[str, Style]:
    """Those of the page, and others for members that were not chosen."""
    styles = figures.styles_of(dict.fromkeys([*seen.names, *names]), seen.ensembles)
    return {
        name: replace(style, colour=seen.styles[name].colour) if name in seen.styles else style
        for name, style in styles.items()
    }


def _about(histories: Mapping[str, History], along: str) -> str:
    times = " Times are of the machine that trained each, validation included."
    return (
        f"{validated_on(histories)} The mark is the epoch of the least validation loss, whose "
        f"weights the model has.{times if along == 'time' else ''}"
    )


_COLUMNS = {
    "Model": st.column_config.TextColumn(pinned=True),
    "Minutes": st.column_config.NumberColumn(
        format="%.1f", help="On the machine that trained it, validation included."
    ),
    "Images seen": st.column_config.NumberColumn(
        format="localized",
        help="Epochs times training digits. Where the recipe warps them, each time anew.",
    ),
    "Images/s": st.column_config.NumberColumn(format="%,.0f"),
    "Best validation loss": st.column_config.NumberColumn(format="%.4f", help="In nats."),
    "Last validation loss": st.column_config.NumberColumn(format="%.4f", help="In nats."),
    "Validation digits": st.column_config.NumberColumn(format="localized"),
}
