"""What is said in place of a traceback, and where there is nothing to show."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from digitcore.digits import DataDamaged
from digitcore.folder import RunDamaged
from digitcore.own.store import NoSuchSet, Refused
from digitcore.robustness import NotMeasured
from digitcore.runs import NoSuchModel

GOING = "going to a page"  # the session knows by this that a page is come to by go_to


@contextmanager
def in_words() -> Iterator[None]:
    """Say what is damaged on the disk, or gone since the page was opened, not a traceback.

    A fragment that runs by itself needs it once more: what is around it does not run then.
    """
    try:
        yield
    except (DataDamaged, RunDamaged) as damage:
        st.error(str(damage), icon=":material/broken_image:")
    except (NoSuchModel, NoSuchSet) as gone:
        st.warning(f"{gone} Reload the page to go on.", icon=":material/sync:")
    except Refused as refused:
        show_refused(refused)
    except NotMeasured as missing:
        st.info(str(missing), icon=":material/hourglass_empty:")


def show_refused(refused: Refused) -> None:
    """Why something cannot be taken: as text, because it may name what is in a person's files."""
    with st.container(border=True, gap="xsmall"):
        st.markdown(":material/block: **This cannot be kept**")
        st.text(str(refused))


def go_to(
    page: str | StreamlitPage, address: Mapping[str, str | Iterable[str]] | None = None
) -> None:
    """Switch the page; Streamlit refuses while the address holds what this one has chosen.

    address: what the other page's shall hold of what was put into its widgets' state, which they
    do not write into it by themselves.
    """
    st.session_state[GOING] = True
    st.switch_page(page, query_params=address or {})


def a_digit(digit: int) -> str:
    """A digit with its article: a 7, an 8."""
    return f"an {digit}" if digit == 8 else f"a {digit}"


def stop_without_models() -> None:
    """End the page with what to do, where there is no finished model yet."""
    st.info(
        "There is no trained model yet. Train one on the Train page, or all that are shipped with "
        "`python -m scripts.train_zoo`.",
        icon=":material/model_training:",
    )
    st.stop()


def text_colour() -> str:
    """The theme's own colour of text, for numbers on a shade; a chart's own text is paler."""
    theme = "dark" if st.context.theme.type == "dark" else "light"
    return str(st.get_option(f"theme.{theme}.textColor"))
