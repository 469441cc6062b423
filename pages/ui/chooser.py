"""Choosing a table: a file of one's own, or one of the samples."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

from engine import samples
from engine.errors import TwinError
from engine.limits import Limits
from engine.samples import Sample
from pages.ui import cached, datasets, state, widgets
from pages.ui.words import count, plain, size

# A drop area that is easy to hit; Streamlit has no setting for its size.
_LARGE = """<style>
.st-key-drop section { min-height: 10rem; flex-direction: column; align-items: center; justify-content: center;
  gap: 0.5rem; border-style: dashed; border-width: 1.5px; }
.st-key-drop section > div { flex: none; margin: 0; }
</style>"""


def draw() -> None:
    """The drop area, what was wrong with the last file, and the samples."""
    _uploader()
    st.header("Or try a sample", anchor=False)
    with st.grid("auto", min_column_width=230):
        for sample in samples.SAMPLES:
            _card(sample)
        with st.container(border=True, height="stretch", gap="small", key="card-describe"):
            st.markdown("**No table at hand?**")
            st.markdown("Say what its columns are, and get data of that form.")
            st.space("stretch")
            if st.button("Describe a table", key="describe", width="stretch"):
                st.switch_page(state.DESCRIBE_PAGE)


def _uploader() -> None:
    limits = Limits.from_environment()
    with st.container(key="drop"):
        st.html(_LARGE)
        file = st.file_uploader(
            "Drop your table here, or choose a file",
            key=f"upload-{state.upload_round()}",
            max_upload_size=max(limits.max_bytes // 1_000_000, 1),
        )
    st.caption(
        f"CSV, Excel, Parquet or JSON, also packed (.gz, .zip). Up to {size(limits.max_bytes)}, "
        f"{limits.max_cells:,} cells and {count(limits.max_columns, 'column')}. "
        f"The file stays on this server and is removed {datasets.keep_seconds() / 3600:g} hours after its last use."
    )
    if file is None:
        return
    if state.upload_is_new(file.file_id):
        _take(file.file_id, _handed_over(file), file.name)
    if problem := state.upload_problem(file.file_id):
        widgets.error_box(problem)


def _handed_over(file: UploadedFile) -> bytes:
    """The bytes of an upload, which the server then holds no longer: it would until the person leaves.

    The uploader still shows the file, which is empty from now on.
    """
    content = file.getvalue()
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        bare = UploadedFileRec(file.file_id, file.name, file.type, b"")
        context.uploaded_file_mgr.add_file(context.session_id, bare)
    return content


def _take(identity: str, content: bytes, name: str) -> None:
    """Keep and read an upload; from then on it is the table worked on."""
    with st.spinner("Reading the table …"):
        try:
            table = cached.take(content, name, state.session_owner())
        except TwinError as error:
            state.note_upload(identity, str(error))
            return
    state.use(table)
    st.rerun()


def _card(sample: Sample) -> None:
    with st.container(border=True, height="stretch", gap="small", key=f"card-{sample.key}"):
        st.markdown(f"**{sample.title}**")
        st.markdown(" ".join(f":blue-badge[{word}]" for word in sample.has))
        st.markdown(sample.shows)
        st.caption(
            f"{count(sample.rows, 'row')}, {count(sample.columns, 'column')}",
            help=f"From {plain(sample.source)}. {plain(sample.licence)}.",
        )
        st.space("stretch")
        if st.button("Use this sample", key=f"sample-{sample.key}", width="stretch"):
            _take(f"sample-{sample.key}", sample.path.read_bytes(), sample.file)
            widgets.error_box(state.upload_problem(f"sample-{sample.key}"))
