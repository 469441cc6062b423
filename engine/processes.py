"""Workers as processes: start one in a group of its own, know it again later, and kill it with all its children."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

import engine

WORKER = "engine.worker"
DISK_FULL = 74  # exit status of a worker that could not even write down that the disk is full
NO_ROOM = "The disk of this server is full, so the run could not be finished. Make room, then try again."
_ROOT = Path(engine.__file__).resolve().parent.parent  # where `engine` is found
_STARTING_SECONDS = 0.5
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def start(folder: Path, log: Path, *, module: str = WORKER, leashed: bool = False) -> subprocess.Popen[bytes]:
    """Start the worker of a run folder. It outlives this process, and shares neither its terminal nor its signals.

    leashed: its stdin is the end of a pipe that closes with this process, for a `module` that heeds it.
    """
    environment = {**os.environ, "PYTHONPATH": _python_path(), "PYTHONSAFEPATH": "1", "PYTHONUTF8": "1"}
    for variable in _THREAD_VARIABLES:
        environment.setdefault(variable, str(threads()))
    with log.open("ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", module, str(folder)],
            stdin=subprocess.PIPE if leashed else subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=folder,
            env=environment,
            start_new_session=True,
            umask=0o077 if os.name == "posix" else -1,  # what it writes is for this user only
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )


@contextlib.contextmanager
def own_temporary(folder: Path) -> Iterator[None]:
    """Have this process keep its temporary files in its folder: where it is killed, they go with that."""
    own = folder / "tmp"
    own.mkdir(mode=0o700, exist_ok=True)
    tempfile.tempdir = os.environ["TMPDIR"] = str(own)
    try:
        yield
    finally:
        shutil.rmtree(own, ignore_errors=True)


def threads() -> int:
    """Threads for a worker's arithmetic: all cores of a small machine, one less on a larger one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores if cores <= 2 else cores - 1


def alive(pid: int, folder: Path) -> bool:
    """Whether process `pid` is still the worker of this run folder.

    The folder's name is random and on the worker's command line, so another process that was given the same number
    later is never taken for it.
    """
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and folder.name in " ".join(_command_line(process))
    except psutil.Error:
        return False


def _command_line(process: psutil.Process) -> list[str]:
    """The command line of a process. While one is just being started, Linux shows it empty for a moment."""
    deadline = time.monotonic() + _STARTING_SECONDS
    while not (found := process.cmdline()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return found


@dataclass(frozen=True, slots=True)
class Usage:
    """Of a worker and its children. memory: bytes that are theirs alone; seconds: of the processor."""

    memory: int
    seconds: float


def usage(pid: int) -> Usage | None:
    """What a worker takes now; None when it is gone."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return None
    memory, seconds = 0, 0.0
    for member in family:
        with contextlib.suppress(psutil.Error):
            held, times = member.memory_info(), member.cpu_times()
            memory += max(held.rss - getattr(held, "shared", 0), 0)  # files that are mapped can be dropped again
            seconds += times.user + times.system
    return Usage(memory, seconds)


def kill(pid: int, folder: Path, wait: float = 5.0) -> None:
    """Kill the worker and its children at once; returns when they are gone, or after `wait` seconds."""
    if not alive(pid, folder):
        return
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        family = [*process.children(recursive=True), process]
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)  # the worker leads its group, so the group has its number
        for member in family:
            with contextlib.suppress(psutil.Error):
                member.kill()
        psutil.wait_procs(family, timeout=wait)


def end_sentence(code: int | None) -> str:
    """Why a worker that left no word is gone, for the person. code: its exit status, None when nobody saw it end."""
    if _was_killed(code):
        return f"{end_reason(code)} Try fewer rows or columns, or a lighter method."
    if code == DISK_FULL:
        return NO_ROOM
    if code is None:
        return "The training ended without a result, most likely because the computer or the server was restarted."
    return f"{end_reason(code)} Please try again; if it happens again, choose another method."


def end_reason(code: int | None) -> str:
    """The same without advice, where another method takes over."""
    if _was_killed(code):
        return "The system stopped the training, most likely because memory ran out."
    return "The training ended unexpectedly."


def _was_killed(code: int | None) -> bool:
    return code is not None and code == -getattr(signal, "SIGKILL", 9)


def _python_path() -> str:
    """The engine's own place before what was set."""
    return os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
