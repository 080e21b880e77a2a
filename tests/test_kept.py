"""A choice is kept as long as it is one of the options, also where these change meanwhile."""

import pytest
from streamlit.testing.v1 import AppTest


def script():
    import streamlit as st

    from ui.kept import kept_among

    options = st.session_state.get("options", ["a", "b", "c"])
    before = kept_among("which", options)
    drawn = st.selectbox("Which", options, key="which", bind="query-params",
                         persist_state="session")  # fmt: skip
    st.text(f"{before} {drawn}")


def open_script(**asked: str) -> AppTest:
    app = AppTest.from_function(script, default_timeout=30)
    app.query_params.update(asked)
    return app.run()


def said(app: AppTest) -> str:
    assert not app.exception
    return app.text[0].value


def test_the_first_is_chosen_then_what_a_person_chose_as_long_as_it_can_be():
    app = open_script()
    assert said(app) == "a a"
    assert said(app.selectbox(key="which").set_value("b").run()) == "b b"
    app.session_state["options"] = ["c", "b"]
    assert said(app.run()) == "b b"
    app.session_state["options"] = ["c", "d"]
    assert said(app.run()) == "c c"
    assert app.selectbox(key="which").proto.set_value  # else a browser would go on showing b
    app.session_state["options"] = ["a", "b"]
    assert said(app.run()) == "a a"  # b does not come back


def test_an_address_still_chooses():
    assert open_script(which="c").selectbox(key="which").value == "c"


def report():
    """What a page keeps whose widgets are not drawn."""
    import streamlit as st

    from ui.kept import kept_among, kept_numbers, kept_on, kept_some

    found = (kept_among("which", [0.5, 0.25], 0.25, told=lambda share: f"{share:.0%}"),
             kept_some("some", ["1", "2", "3"]), kept_on("on", True),
             kept_numbers("one", 3.0), kept_numbers("two", (0.0, 9.0)))  # fmt: skip
    st.text(f"{found}")


@pytest.mark.parametrize(
    ("asked", "kept", "told"),
    [({}, {}, (0.25, [], True, 3.0, (0.0, 9.0))),
     ({"which": "50%", "some": ["3", "7", "1"], "on": "false", "one": "2", "two": ["1", "2"]}, {},
      (0.5, ["1", "3"], False, 2.0, (1.0, 2.0))),
     ({"which": "0.5", "some": "x", "on": "no", "one": "nan", "two": ["1"]}, {},
      (0.25, [], True, 3.0, (0.0, 9.0))),
     ({"which": "50%", "some": ["3"], "on": "false", "one": "2", "two": ["1", "2"]},
      {"which": 0.25, "some": None, "on": True, "one": 4.0, "two": (3.0, 4.0)},
      (0.25, [], True, 4.0, (3.0, 4.0)))],
)  # fmt: skip
def test_where_nothing_was_chosen_the_address_speaks(asked, kept, told):
    app = AppTest.from_function(report, default_timeout=30)
    app.query_params.update(asked)
    for key, value in kept.items():
        app.session_state[key] = value
    assert said(app.run()) == str(told)
