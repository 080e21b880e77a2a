"""Confusion matrices and their differences as figures whose cells can be clicked."""

import numpy as np
import plotly.graph_objects as go

from digitcore.comparison.confusion import scaled

DIGITS = list(range(10))
Cell = tuple[int, int]  # (label, answer)
MORE, LESS = "236, 102, 25", "0, 119, 187"  # orange and blue: told apart by all eyes
CELL = 34  # pixels
FRAME = "#7A8791"  # a grey that shows on black and on white


def strongest(matrices: list[np.ndarray]) -> float:
    """The largest value off the diagonals of (10, 10) matrices: where one common scale ends."""
    off = ~np.eye(10, dtype=bool)
    values = np.concatenate([np.abs(matrix[off]) for matrix in matrices])
    return float(np.nanmax(values, initial=0)) or 1.0


def confusion(
    counts: np.ndarray, scale: str, title: str, top: float, diagonal: bool = False, text: str = "",
    chosen: Cell | None = None,
) -> go.Figure:  # fmt: skip
    """One model's (10, 10) counts; rows are true digits, columns answers.

    Errors are shaded up to `top`, so that several matrices have one scale; what is read rightly is
    told by numbers only, where `diagonal` asks for it. text: CSS colour of the numbers. chosen: the
    cell that is framed.
    """
    values = scaled(counts, scale)
    words = [[_words(value, scale) for value in row] for row in values]
    told = "%{customdata[2]} digits" if scale == "counts" else "%{text} %, %{customdata[2]} digits"
    return _matrix(values, words, counts, title, top, diagonal, told, text, chosen)


def difference(
    a: np.ndarray, b: np.ndarray, scale: str, title: str, top: float, diagonal: bool = False,
    text: str = "", chosen: Cell | None = None,
) -> go.Figure:  # fmt: skip
    """Counts (10, 10) of model b taken from those of model a: orange where a has more, blue less.

    Both are of the same digits.
    """
    values = np.nan_to_num(scaled(a, scale)) - np.nan_to_num(scaled(b, scale))  # no digit: no share
    words = [[_words(value, scale, signed=True) for value in row] for row in values]
    return _matrix(values, words, a - b, title, top, diagonal, "%{text}", text, chosen)


def _words(value: float, scale: str, signed: bool = False) -> str:
    """A cell's text: nothing for 0; shares in percent."""
    if np.isnan(value) or value == 0:
        return ""
    number = (
        f"{value:.0f}" if scale == "counts" else f"{100 * value:.{1 if abs(value) < 1 else 0}f}"
    )
    if not signed:
        return number if float(number) else "<0.1"
    if not float(number):
        return ""
    return f"+{number}" if value > 0 else number.replace("-", "\u2212")


def _matrix(
    values: np.ndarray, words: list[list[str]], counts: np.ndarray, title: str, top: float,
    diagonal: bool, told: str, text: str, chosen: Cell | None,
) -> go.Figure:  # fmt: skip
    figure = go.Figure(_shading(values, top))
    cells = [(row, column) for row in DIGITS for column in DIGITS if diagonal or row != column]
    figure.add_trace(_squares(cells, words, counts, told, text))
    figure.update_layout(
        title=title, showlegend=False, dragmode=False, height=10 * CELL + 100,
        margin={"l": 8, "r": 8, "t": 44, "b": 8},
        hoverdistance=1,  # a click beside the cells is meant for none of them
        xaxis={"title": "read as", "range": [-0.5, 9.5]},
        yaxis={"title": "is a", "range": [9.5, -0.5]},
    )  # fmt: skip
    if chosen:
        row, column = chosen
        figure.add_shape(x0=column - 0.5, x1=column + 0.5, y0=row - 0.5, y1=row + 0.5,
                         line={"color": FRAME, "width": 3})  # fmt: skip
    axis = {"dtick": 1, "fixedrange": True, "showgrid": False, "zeroline": False}
    return figure.update_xaxes(axis).update_yaxes(axis)


def _shading(values: np.ndarray, top: float) -> go.Heatmap:
    """Everything but the diagonal, whose numbers would leave no shade for the rest."""
    colours = [f"rgba({LESS}, 0.65)", "rgba(128, 136, 142, 0.10)", f"rgba({MORE}, 0.65)"]
    return go.Heatmap(
        z=np.where(np.eye(10, dtype=bool), np.nan, values), x=DIGITS, y=DIGITS, zmin=-top, zmax=top,
        xgap=1, ygap=1, showscale=False, hoverinfo="skip",
        colorscale=list(zip((0, 0.5, 1), colours, strict=True)),
    )  # fmt: skip


def _squares(
    cells: list[Cell], words: list[list[str]], counts: np.ndarray, told: str, text: str
) -> go.Scatter:
    """What is clicked, since a heatmap gives no clicks; customdata: (label, answer, count)."""
    font = {"size": 12, **({"color": text} if text else {})}
    same = {"marker": {"opacity": 1}, **({"textfont": {"color": text}} if text else {})}
    return go.Scatter(
        x=[column for _, column in cells], y=[row for row, _ in cells], mode="markers+text",
        text=[words[row][column] for row, column in cells], textfont=font,
        marker={"symbol": "square", "size": CELL - 6, "color": "rgba(0, 0, 0, 0)"},
        customdata=[[row, column, int(counts[row, column])] for row, column in cells],
        hovertemplate=f"%{{y}} read as %{{x}}: {told}<extra></extra>",
        selected=same, unselected=same,  # a click does not fade the other cells
    )  # fmt: skip
