"""Tables as every view shows them: no row numbers, nothing where there is no value."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

HIGH = 460  # pixels of a table that scrolls


def show_table(
    table: pd.DataFrame, alt: str, columns: Mapping | None = None, most: int | None = None
) -> None:
    """A click on a heading sorts. columns: how they look, as far as they are there; a table of
    more than `most` rows scrolls."""
    known = {name: columns[name] for name in table if name in columns} if columns else None
    st.dataframe(
        table,
        hide_index=True,
        height="content" if most is None or len(table) <= most else HIGH,
        placeholder="",
        alt=alt,
        column_config=known,
    )


def offer_csv(table: pd.DataFrame, name: str, part: str, where: str) -> None:
    """The table as a file; part and where: what was read, for the file's name and in words."""
    st.download_button(
        "CSV", table.to_csv(index=False), f"{name}-{part.replace(' ', '-')}.csv", "text/csv",
        icon=":material/download:", on_click="ignore",
        help=f"The table with what was read: {where}.",
    )  # fmt: skip
