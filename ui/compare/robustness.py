"""How sturdy they are: accuracy as digits get harder to read, and what flips on the way."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from digitcore import robustness
from digitcore.figures import robustness as figures
from digitcore.folder import RunDamaged
from digitcore.report import Piece
from digitcore.robustness import Sturdiness
from digitcore.robustness.distortions import KINDS, SAMPLE, Setting, clean, distorted, sample
from digitcore.runs import NoSuchModel
from ui import loaders
from ui.charts import show_chart
from ui.compare.digit import show_digits
from ui.compare.measuring import show_measuring
from ui.compare.seen import Seen
from ui.kept import kept_among
from ui.pictures import sheet
from ui.words import in_words

KIND, MODEL, EXAMPLE = "distortion", "sturdiness model", "sturdiness example"
TILE = 76  # pixels
PAIRS = 100  # of digits of each class, one of which goes each way
Models = Mapping[str, Sturdiness]


def show(seen: Seen) -> None:
    show_measuring(seen.names)
    models = measured(seen.names)
    if not models:
        st.info(
            "None of the chosen models is measured on distorted digits yet. Measure them, and how "
            "their accuracy falls will be drawn here.",
            icon=":material/show_chart:",
        )
        return
    st.caption(_words(models))
    show_chart(
        figures.overview(models), key="sturdiness overview",
        alt=f"Mean accuracy by distortion. {_best(models)}",
    )  # fmt: skip
    _show_kind(seen.only(list(models)), models)


def pieces(seen: Seen) -> Iterator[Piece]:
    models = measured(seen.names)
    left = [name for name in seen.names if name not in models]
    missing = f"Not measured yet: {', '.join(left)}." if left else ""
    if not models:
        yield Piece("How sturdy they are", missing)
        return
    words = f"{_words(models)} {_best(models)}\n\n{missing}"
    yield Piece("How sturdy they are", words, figures.overview(models))
    for kind in KINDS:
        yield Piece(f"Accuracy under {kind}", figure=figures.by_level(kind, models, seen.styles),
                    table=table(kind, models), folded=True)  # fmt: skip


def table(kind: str, models: Models) -> pd.DataFrame:
    """A row for each model, a column for each level of a kind: accuracy with its interval."""
    levels = sorted([KINDS[kind].clean, *KINDS[kind].levels])
    curves = {name: of.curve(kind) for name, of in models.items()}
    columns = {
        _level(kind, at): [c[at].words if at in c else "" for c in curves.values()] for at in levels
    }
    return pd.DataFrame({"Model": list(models), **columns})


def measured(names: Sequence[str]) -> dict[str, Sturdiness]:
    """By name, as far as there is something to read; show_measuring says what is damaged."""
    store, found = loaders.members().store, {}
    for name in names:
        with suppress(RunDamaged, NoSuchModel):
            found[name] = _sturdiness(name, robustness.stamp(store, name))
    return {name: of for name, of in found.items() if of.rates}


@st.cache_data(show_spinner=False, max_entries=200)
def _sturdiness(name: str, stamp: tuple) -> Sturdiness:
    return robustness.sturdiness(loaders.members().store, name)


def _words(models: Models) -> str:
    """What has been measured, and how exactly."""
    margin = max(of.margin for of in models.values())
    return (
        f"The same {SAMPLE:,} of the 10,000 test digits, 200 of each class, are read again under "
        f"{len(KINDS)} distortions of five levels each. A cell is the mean over the levels; each "
        f"level's 95 % interval is at most {100 * margin:.1f} percentage points to either side."
    )


def _best(models: Models) -> str:
    """Who reads best under each kind, where all levels were measured."""
    best = {kind: robustness.sturdiest(models, kind) for kind in KINDS}
    told = [f"{kind} {name} ({models[name].mean(kind):.1%})" for kind, name in best.items() if name]
    return f"Highest mean accuracy: {', '.join(told)}." if told else ""


@st.fragment
@in_words()
def _show_kind(seen: Seen, models: Models) -> None:
    """One kind of distortion: how it looks, how accuracy falls, and what flips."""
    kind = st.segmented_control(
        "Distortion", list(KINDS), default="rotation", required=True, key=KIND, wrap=True,
        bind="query-params", persist_state="session",
    )  # fmt: skip
    _show_examples(kind)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = _choose(kind, models)
    show_chart(
        figures.by_level(kind, models, seen.styles, chosen), key=f"sturdiness {kind} chart",
        on_select=partial(_pick, kind), selection_mode="points",
        alt=f"Accuracy of {len(models)} models by {KINDS[kind].axis}; the table below has it.",
    )  # fmt: skip
    with st.expander("As a table", icon=":material/table:"):
        st.dataframe(table(kind, models), hide_index=True, height="content",
                     column_config={"Model": st.column_config.TextColumn(pinned=True)})  # fmt: skip
    if chosen:
        _show_flips(seen, models, chosen[0], Setting(kind, chosen[1]))


def _show_examples(kind: str) -> None:
    """Two digits of one class, which go different ways, through all levels."""
    turn = st.session_state.setdefault(EXAMPLE, 4)
    digit, pair = turn % 10, turn // 10 % PAIRS
    places = np.flatnonzero(clean().labels.numpy() == digit)[2 * pair : 2 * pair + 2]
    levels = sorted([KINDS[kind].clean, *KINDS[kind].levels])
    with st.grid("auto", min_column_width=TILE + 4):
        for level in levels:
            images = _digits(kind, level).images.numpy()[places]
            st.image(sheet(images, columns=1), width=TILE, caption=_level(kind, level),
                     alt=f"Two test digits, {digit}s, {_in_words(kind, level)}")  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Above: the {KINDS[kind].axis}.", width="content")
        st.button("Other digits", icon=":material/casino:", on_click=_turn)


def _turn() -> None:
    st.session_state[EXAMPLE] += 1


def _digits(kind: str, level: float):
    return clean() if level == KINDS[kind].clean else distorted(Setting(kind, level))


def _choose(kind: str, models: Models) -> tuple[str, float] | None:
    """A model and a level by the keyboard; a click on the chart sets the same."""
    key = f"sturdiness {kind}"
    kept_among(MODEL, list(models))
    name = st.selectbox("What flips for", list(models), key=MODEL, persist_state="session")
    levels = [at for at in KINDS[kind].levels if Setting(kind, at).name in models[name].rates]
    if not levels:
        st.caption(f"{name} is not measured under {kind} yet.")
        return None
    if st.session_state.get(key) not in levels:
        st.session_state[key] = levels[len(levels) // 2]
    level = st.selectbox("at", levels, key=key, persist_state="session",
                         format_func=KINDS[kind].words, help="Or click a point below.")  # fmt: skip
    return name, level


def _pick(kind: str) -> None:
    points = st.session_state[f"sturdiness {kind} chart"].selection.points
    if points and "customdata" in points[0]:
        st.session_state[MODEL], level = points[0]["customdata"]
        if level != KINDS[kind].clean:
            st.session_state[f"sturdiness {kind}"] = level


def _show_flips(seen: Seen, models: Models, name: str, setting: Setting) -> None:
    """What a model reads when clean and not when distorted, and the other way round."""
    under = _under(seen, models, setting)
    after = under.predictions[name]
    before = robustness.sampled(loaders.answers(name))
    flips = robustness.flips(before, after)
    st.markdown(f"### What flips for {name}")
    st.caption(
        f"Of {under.where}, {name} reads {after.correct:,} rightly: {after.accuracy.words}. "
        f"Undistorted, it reads {before.correct:,} of them: {before.accuracy.words}."
    )
    sides = {
        f"{len(flips.lost):,} turn wrong": flips.lost,
        f"{len(flips.gained):,} turn right": flips.gained,
    }
    side = st.segmented_control("Digits that", list(sides), default=next(iter(sides)),
                                required=True, key=f"flips {name} {setting.name}",
                                label_visibility="collapsed")  # fmt: skip
    if len(sides[side]):
        show_digits(under, sides[side].tolist(), f"flips {name} {setting.name} {side}")
    else:
        st.info("There are none.", icon=":material/check_circle:")


def _under(seen: Seen, models: Models, setting: Setting) -> Seen:
    """The models that were measured under a setting, and what they answered."""
    names = [name for name in seen.names if setting.name in models[name].rates]
    return replace(
        seen.only(names),
        part=setting.name,
        where=f"{SAMPLE:,} test digits {setting.words}",
        digits=distorted(setting),
        numbers=sample(),
        predictions={name: loaders.answers(name, setting.name) for name in names},
    )


def _level(kind: str, level: float) -> str:
    return "clean" if level == KINDS[kind].clean else f"{level:g}"


def _in_words(kind: str, level: float) -> str:
    return "undistorted" if level == KINDS[kind].clean else KINDS[kind].words(level)
