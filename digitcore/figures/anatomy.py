"""What an ensemble's members add, and how much each of them should count."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from digitcore.comparison.anatomy import Without
from digitcore.figures.style import GREY, Style, short

SOFT = 0.45  # opacity of what a member spoils
LINE = 30  # pixels of height for each member
Styles = Mapping[str, Style]


def leave_one_out(members: Sequence[Without], styles: Styles, where: str) -> go.Figure:
    """How many errors each member saves, to the right, and spoils, to the left.

    Beside them stands how many more errors are made without it. where: the digits that were read,
    with their number, such as "10,000 test digits".
    """
    rows = members[::-1]  # Plotly counts rows from below
    figure = go.Figure([
        _bars({row.member: row.saves for row in rows}, styles, "saves %{x:,}"),
        _bars({row.member: -row.spoils for row in rows}, styles, "spoils %{customdata:,}", SOFT),
    ])  # fmt: skip
    most = max([1, *(max(row.saves, row.spoils) for row in rows)])
    _lay_out(figure, [row.member for row in rows], "Errors saved and spoiled by each member")
    _write_beside(figure, {row.member: _signed(row.added_errors) for row in rows}, "without it")
    figure.update_layout(barmode="relative")
    figure.update_xaxes(
        title=f"spoiled, saved of {where}", range=[-1.15 * most, 1.15 * most],
        tickformat=",d", dtick=1 if most <= 4 else None, nticks=6,
        zeroline=True, zerolinecolor=GREY, zerolinewidth=1,
    )  # fmt: skip
    return figure


def weights(fitted: Mapping[str, float], styles: Styles) -> go.Figure:
    """Each member's fitted weight in 0..1 as a bar, and the weight if all were equal as a line."""
    shown = dict(reversed(list(fitted.items())))
    figure = go.Figure(_bars(shown, styles, "weight %{x:.4f}"))
    _lay_out(figure, list(shown), "Weights fitted on validation digits")
    _write_beside(figure, {name: f"{weight:.2f}" for name, weight in shown.items()}, "fitted")
    figure.add_vline(x=1 / len(shown), line={"color": GREY, "width": 2, "dash": "dash"})
    top = max(*shown.values(), 1 / len(shown))
    figure.update_xaxes(title="weight; the dashes are equal weights", range=[0, 1.1 * top])
    return figure


def _bars(
    lengths: Mapping[str, float], styles: Styles, words: str, opacity: float = 1
) -> go.Bar:  # fmt: skip
    looks = [styles[name] for name in lengths]
    return go.Bar(
        x=list(lengths.values()), y=list(lengths), orientation="h", showlegend=False,
        customdata=[abs(length) for length in lengths.values()],
        hovertemplate=f"%{{y}}: {words}<extra></extra>",
        marker={
            "color": [look.colour for look in looks],
            "opacity": opacity,
            "pattern": {
                "shape": [look.pattern for look in looks],
                "fillmode": "overlay",
                "fgcolor": "rgba(255, 255, 255, 0.6)",
                "solidity": 0.2,
            },
        },
    )  # fmt: skip


def _write_beside(figure: go.Figure, words: Mapping[str, str], heading: str) -> None:
    """Words at the right of each row, by name from below, and a heading above them."""
    side = {"x": 1.01, "xref": "paper", "xanchor": "left", "showarrow": False}
    for row, told in enumerate(words.values()):  # Plotly takes a name that is a number for a row
        figure.add_annotation(y=row, text=told, **side)
    above = {"x": 1, "xref": "paper", "xanchor": "right", "xshift": 52, "showarrow": False}
    figure.add_annotation(y=1, yref="paper", yanchor="bottom", text=heading, **above)


def _signed(count: int) -> str:
    return f"{count:+,}".replace("-", "\u2212") if count else "0"


def _lay_out(figure: go.Figure, names: Sequence[str], title: str) -> None:
    figure.update_layout(
        title=title, height=130 + LINE * len(names), bargap=0.35, dragmode=False,
        margin={"l": 8, "r": 60, "t": 64, "b": 8},
        xaxis={"fixedrange": True},
        yaxis={
            "type": "category",  # else names that are numbers would be numbers
            "labelalias": {name: short(name) for name in names}, "fixedrange": True,
        },
    )  # fmt: skip
