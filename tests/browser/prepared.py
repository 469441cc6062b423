"""A server's folder with a table and finished runs, carried out here: nobody has to click and wait for them."""

from __future__ import annotations

import secrets
import time
from pathlib import Path

import pandas as pd

from engine.run import RunRequest, execute
from engine.runfolder import Record, RunFolder, State
from engine.table.infer import infer_schema
from engine.table.read import read_table
from pages.ui import datasets
from pages.ui.datasets import Dataset


def table(path: Path, rows: int | None = None) -> Dataset:
    """The file as uploaded, or only its first rows. The environment says in which folder (`datasets.HOME`)."""
    if rows is None:
        return datasets.add(path.read_bytes(), path.name)
    head = pd.read_csv(path, dtype="str", keep_default_na=False, nrows=rows)
    return datasets.add(head.to_csv(index=False).encode(), f"{path.name.partition('.')[0]}.csv")


def finished(dataset: Dataset, *requests: RunRequest) -> tuple[str, ...]:
    """Runs on the table that have ended well; their ids."""
    frame = read_table(dataset.source, name=dataset.name).frame
    schema = infer_schema(frame, name=dataset.title)
    parsed, found = schema.parse(frame), []
    for request in requests:
        run_id = secrets.token_hex(16)
        folder = RunFolder(datasets.home() / "runs" / run_id)
        folder.create(request, parsed, schema)
        begun = time.time()
        execute(request, parsed, schema, folder=folder.result)
        folder.write_state(Record(State.DONE, "", created=begun, started=begun, ended=time.time()))
        dataset.add_run(run_id)
        found.append(run_id)
    return tuple(found)
