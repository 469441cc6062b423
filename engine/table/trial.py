"""A Parquet file is unpacked by a process of its own first, which may take a bounded amount of memory.

What a Parquet file says of its own size need not be true, and a kilobyte can hold texts that share their beginnings, or
lists, of many gigabytes. Native code then takes what it wants, or ends the process. So the process that matters reads a
file only after another one has read it and lived.

`python -m engine.table.trial ROOM` reads a file from its standard input: exit status FITS, DAMAGED or TOO_LARGE.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from engine.errors import LimitError, ReadError
from engine.limits import PREFIX, Limits
from engine.table.source import limit_error

FITS, DAMAGED, TOO_LARGE = 0, 65, 66
_PATIENCE = 300.0  # seconds
_WORK = 64_000_000  # bytes that reading takes beside its result
_COMMAND = (sys.executable, "-m", "engine.table.trial")
_ROOT = Path(__file__).resolve().parents[2]


def unpack(data: bytes) -> pa.Table:
    """The table of a Parquet file. Raises what Arrow raises."""
    return pq.ParquetFile(pa.BufferReader(data)).read()


def check(data: bytes, limits: Limits) -> None:
    """Raises LimitError for a file that unpacks to too much, ReadError for one that breaks its reader.

    What is damaged in a way that Arrow tells is left to the caller, who hears of it, too.
    """
    command = [*_COMMAND, str(limits.max_unpacked_bytes)]
    # Arrow's own store of memory would ask the system for more than it uses.
    environment = {**os.environ, "PYTHONPATH": str(_ROOT), "PYTHONSAFEPATH": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
    try:
        done = subprocess.run(command, input=data, capture_output=True, env=environment, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise ReadError("The Parquet file takes too long to unpack, so it was not read.") from None
    except OSError as error:
        raise ReadError(
            f"The server cannot start the process that unpacks Parquet files ({error.strerror})."
        ) from error
    if done.returncode == TOO_LARGE:
        raise too_large(limits)
    if done.returncode not in (FITS, DAMAGED):
        raise ReadError(
            "The Parquet file cannot be read: the reader of such files broke down on it. It is damaged, or unpacks to "
            f"more than this server allows (setting {PREFIX}MAX_UNPACKED_BYTES)."
        )


def too_large(limits: Limits) -> LimitError:
    most = limits.max_unpacked_bytes
    what = f"The Parquet file unpacks to more than {most:,} bytes"
    return limit_error(what, most, "bytes once unpacked", "max_unpacked_bytes")


def main(room: int) -> int:
    """What the process does. room: bytes that the table may take beyond what the process and the file take."""
    data = sys.stdin.buffer.read()
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    _start_arrow()
    _be_modest(room)
    try:
        unpack(data)
    except (MemoryError, pa.ArrowMemoryError):
        return TOO_LARGE
    except (pa.ArrowException, OSError, ValueError, NotImplementedError, OverflowError) as error:
        return TOO_LARGE if "malloc" in str(error) else DAMAGED
    return FITS


def _start_arrow() -> None:
    """Arrow's threads start now: where one is refused to it later, it waits for ever."""
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"cell": [0]}), sink)
    unpack(sink.getvalue().to_pybytes())


def _be_modest(room: int) -> None:
    if sys.platform in ("win32", "darwin"):  # they do not hold a process to such a limit
        return
    import resource

    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    taken = next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmData:")), 0)
    resource.setrlimit(resource.RLIMIT_DATA, (taken + room + _WORK, taken + room + _WORK))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    os._exit(main(int(sys.argv[1])))
