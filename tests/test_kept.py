"""A choice is kept as long as it is one of the options, also where these change meanwhile."""

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
