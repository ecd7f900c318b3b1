"""What can be wrong with a worker: its file, or what it did."""

from __future__ import annotations

from types import TracebackType


class WorkerError(Exception):
    """Raised when a worker can not go on; the message names its file, the line and the cause."""


class WorkerStopped(BaseException):
    """Raised in a worker's code to end it. Not an ``Exception``, so that what a worker catches for
    itself does not catch this.
    """


def raised_in(path: str, error: BaseException) -> WorkerError | None:
    """``error`` as the fault of the worker at ``path``; None when it passed through none of its
    lines.
    """
    if isinstance(error, SyntaxError) and error.filename == path:
        return WorkerError(f"{path}:{error.lineno}: {error.msg}")
    last: TracebackType | None = None
    here = error.__traceback__
    while here is not None:
        if here.tb_frame.f_code.co_filename == path:
            last = here
        here = here.tb_next
    if last is None:
        return None
    what = last.tb_frame.f_code.co_name
    where = "" if what == "<module>" else f" in {what}"
    said = f": {error}" if str(error) else ""
    return WorkerError(f"{path}:{last.tb_lineno}{where}: {type(error).__name__}{said}")
