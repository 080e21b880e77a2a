"""What can be done with one run: go on with it, name it, take it away, start from it."""

import streamlit as st

from digitcore import export, progress
from digitcore.folder import NAME
from digitcore.jobs import Jobs
from digitcore.recipes import Recipe
from digitcore.runs import HISTORY, RECIPE, STATE, Run
from digitcore.standing import HALTED, Job
from ui.choice import OWN
from ui.compare.seen import add_model
from ui.recipe_form import fill
from ui.states import attempt, resume, show_state
from ui.words import go_to, in_words


def show_panel(jobs: Jobs, job: Job) -> None:
    """The chosen run."""
    with st.container(border=True):
        show_state(job)
        if job.damage:
            st.warning(f"{job.damage} What can be read of it is kept; you can delete it.",
                       icon=":material/broken_image:")  # fmt: skip
        if job.status and job.status.message and not job.alive:
            st.caption(job.status.message)
        _show_next_steps(jobs, job)
        if job.recipe:
            with in_words():
                _show_downloads(job)
        _show_names(jobs, job)


def _show_next_steps(jobs: Jobs, job: Job) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if job.state in HALTED:
            st.button("Resume", icon=":material/play_arrow:", key="panel resume",
                      on_click=resume, args=(jobs, job.name))  # fmt: skip
            if job.has_best:
                st.button("Stop and keep the best", icon=":material/stop:", key="panel stop",
                          on_click=attempt, args=(jobs.stop, job.name))  # fmt: skip
        if job.state == "not started":
            st.button("Train it", icon=":material/play_arrow:", type="primary",
                      on_click=attempt, args=(jobs.start, job.name))  # fmt: skip
        if job.state in progress.DONE and job.begun:
            st.number_input("Epochs more", 1, 1000, 5, key="epochs_more", width=140,
                            help="The schedule is laid over all epochs together, and goes on from "
                            "there. Last epochs without warps come at the new end.")  # fmt: skip
            st.button("Train further", icon=":material/forward:",
                      on_click=lambda: _train_further(jobs, job.name))  # fmt: skip
        if job.result:
            show_ways_on(job.name, "panel")
        if job.recipe:
            st.button("Use its recipe as a starting point", icon=":material/content_copy:",
                      on_click=_start_from, args=(job.name, job.recipe))  # fmt: skip
        if not job.alive:
            _show_delete(jobs, job)


def show_ways_on(name: str, where: str) -> None:
    """What one does with a run that has ended. where: tells the buttons of two places apart."""
    if st.button("Ask it on Draw", icon=":material/draw:", key=f"{where} ask {name}"):
        st.session_state.ensemble, st.session_state.members = OWN, [name]
        go_to("pages/draw.py", {"ensemble": OWN, "members": [name]})
    if st.button("Compare it", icon=":material/balance:", key=f"{where} compare {name}"):
        go_to("pages/compare.py", {"models": add_model(name)})


def _train_further(jobs: Jobs, name: str) -> None:
    if attempt(jobs.extend, name, st.session_state.epochs_more):
        now = (
            "will be trained further in its turn" if name in jobs.waiting else "is trained further"
        )
        st.toast(f"{name} {now}: its bar and curves are above.", icon=":material/check:")
        st.session_state.watch_next = name


def _start_from(name: str, recipe: Recipe) -> None:
    st.session_state.start = name
    fill(recipe)
    st.toast(f"The form above holds the recipe of {name} now.", icon=":material/content_copy:")


def _show_delete(jobs: Jobs, job: Job) -> None:
    with st.popover("Delete", icon=":material/delete:"):
        st.markdown(f"Delete {job.name} with its weights, curves and note? It cannot be undone.")
        learners = jobs.learning_from(job.name)
        if learners:
            st.warning(
                f"Without it {', '.join(learners)} cannot be trained to the end: it is a teacher.",
                icon=":material/school:",
            )
        users = jobs.ensembles.using(job.name)
        if users:
            st.warning(
                f"Without it {', '.join(users)} cannot answer any more: delete or build anew on "
                "the Compare page, under Ensembles.",
                icon=":material/group_off:",
            )
        st.button("Yes, delete it", type="primary", icon=":material/delete_forever:",
                  on_click=attempt, args=(jobs.delete, job.name))  # fmt: skip


def _show_names(jobs: Jobs, job: Job) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        # the callbacks read the fields themselves: arguments would hold what stood there before
        name, note = f"name of {job.name}", f"note of {job.name}"
        st.text_input("Name", job.name, key=name, width=240, disabled=job.alive, max_chars=64,
                      help="By which it is asked on the Draw page and over REST.")  # fmt: skip
        st.button("Rename", disabled=job.alive, on_click=lambda: _rename(jobs, job.name, name))
        st.text_input("Note", job.note, key=note, width="stretch",
                      max_chars=progress.NOTE_LENGTH, help="Kept with the run.")  # fmt: skip
        st.button("Keep note", on_click=lambda: attempt(
            jobs.write_note, job.name, st.session_state[note], done="Noted."))  # fmt: skip


def _rename(jobs: Jobs, name: str, key: str) -> None:
    new = st.session_state[key].strip()
    if attempt(jobs.rename, name, new, done=f"{name} is called {new} now."):
        st.session_state.chosen_run = st.session_state.watch_next = new


def _show_downloads(job: Job) -> None:
    run, files = Run(job.path), {}
    if job.result:
        files["Weights"] = (STATE, f"{job.name}.safetensors")
    files |= {"History": (HISTORY, f"{job.name}.csv"), "Recipe": (RECIPE, f"{job.name}.json")}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for label, (file, name) in files.items():
            if (job.path / file).is_file():
                st.download_button(label, (job.path / file).read_bytes, name,
                                   icon=":material/download:", on_click="ignore")  # fmt: skip
        if job.recipe and NAME.fullmatch(job.name):
            stopped = job.status.epoch if job.status and job.state == "stopped" else 0
            script = export.training_script(
                job.name, job.recipe, job.changes.rates, job.changes.epochs, stopped
            )
            st.download_button("Training script", script, export.script_name(job.name),
                               icon=":material/code:", on_click="ignore")  # fmt: skip
        if job.result:
            _show_onnx(run)


def _show_onnx(run: Run) -> None:
    """Exported and checked on demand: the button to download appears when both agree."""
    key, (kept, made) = (run.path, run.stamp), st.session_state.get("onnx", (None, b""))
    if kept != key:
        if st.button(
            "Make ONNX",
            icon=":material/deployed_code:",
            help="Exports the network and checks it against torch on real digits.",
        ):
            try:
                with st.spinner("Exporting and comparing with torch on real digits..."):
                    st.session_state.onnx = key, export.onnx_bytes(run)
            except export.NotTheSame as reason:
                st.error(str(reason), icon=":material/error:")
                return
            st.rerun()
        return
    st.download_button("ONNX, checked", made, f"{run.name}.onnx",
                       icon=":material/download:", on_click="ignore")  # fmt: skip
