"""Charts as all pages show them."""

from typing import Any

import plotly.graph_objects as go
import streamlit as st

# On the light background Streamlit's own grey for axes and notes has a contrast of 3.6; this has 7.
LIGHT_TEXT = "#4a5258"


def show_chart(figure: go.Figure, alt: str, key: str | None = None, **clicks: Any) -> None:
    """A figure without Plotly's toolbar, which lies over the titles on a phone.

    alt: what it shows, in words. clicks: on_select and the like, of st.plotly_chart.
    """
    if st.context.theme.type == "light":
        figure.update_layout(font_color=LIGHT_TEXT)
        for update in (figure.update_xaxes, figure.update_yaxes):
            update(tickfont_color=LIGHT_TEXT, title_font_color=LIGHT_TEXT)
    st.plotly_chart(figure, key=key, config={"displayModeBar": False}, alt=alt, **clicks)
