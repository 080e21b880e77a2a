"""The front door: for a browser the frame around every page, for programs the REST routes.

`streamlit run Home.py` finds `app` and serves it; Streamlit then runs this same file as
`__main__` for each browser session, which draws the frame.
"""

from pathlib import Path

import streamlit as st

if __name__ == "__main__":
    from ui.frame import show

    show()
else:
    from contextlib import asynccontextmanager
    from logging import getLogger

    from anyio import create_task_group, sleep, to_thread
    from starlette.routing import Mount, Route

    from digitcore.api import PATHS, create_api
    from ui.frame import own_navigation

    def members():
        """The pages' own models; their cache wants to be imported once the server runs."""
        from ui.loaders import members

        return members()

    def warm_up():
        """Pages import what they need when they are first seen; this is for the slowest ones."""
        import ui.compare.views
        import ui.explore.views

        for views in (ui.explore.views, ui.compare.views):
            try:
                views.warm_up()
            except Exception:  # what is wrong will be said where it is asked for; the server lives
                getLogger(__name__).exception("%s could not be warmed up.", views.__name__)

    async def keep_the_queue_going():
        """A worker starts the next one when it ends; this is for those that are killed."""
        from ui.loaders import jobs

        while True:
            await to_thread.run_sync(jobs().advance)
            await sleep(2)

    @asynccontextmanager
    async def lifespan(_):
        own_navigation()
        members().warm_up()  # so that the first drawing is answered as fast as the second
        async with create_task_group() as tasks:
            tasks.start_soon(keep_the_queue_going)
            tasks.start_soon(to_thread.run_sync, warm_up)
            yield
            tasks.cancel_scope.cancel()

    api = create_api(members)
    app = st.App(
        Path(__file__),
        routes=[*(Route(path, api) for path in PATHS), Mount("/api", api)],
        lifespan=lifespan,
    )
