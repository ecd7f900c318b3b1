"""An environment for the peers that the product's own can not hold: they pin older libraries, and
one needs a newer Python.

It is made in `.venv-bench` the first time, from `requirements-peers.txt`, with whichever Python of
3.12 or newer is at hand (`BENCH_PYTHON` names one). Without one those peers sit the race out.
"""

import os
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
HOME = ROOT / ".venv-bench"
PYTHON = HOME / "bin" / "python"
REQUIREMENTS = Path(__file__).with_name("requirements-peers.txt")
STAMP = HOME / ".installed"
PROBE = "import sys, venv, ensurepip; sys.exit(not (3, 12) <= sys.version_info < (3, 15))"


@cache
def peers_python() -> str | None:
    """The interpreter that has the peers; None where there can be none."""
    if STAMP.exists() and STAMP.read_text() == REQUIREMENTS.read_text():
        return str(PYTHON)
    base = next((one for one in _candidates() if _works(one)), None)
    if base is None:
        print("no Python 3.12 or newer: the peers that need it are left out (set BENCH_PYTHON)")
        return None
    print(f"installing the peers into {HOME.name}", flush=True)
    subprocess.run([base, "-m", "venv", str(HOME)], check=True)
    install = [str(PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    subprocess.run([*install, "--requirement", str(REQUIREMENTS)], check=True)
    STAMP.write_text(REQUIREMENTS.read_text())
    return str(PYTHON)


def _candidates() -> Iterator[str]:
    named = os.environ.get("BENCH_PYTHON")
    if named:
        yield named
    yield from ("python3.12", "python3.13", "python3.14")
    managed = Path.home() / ".pyenv" / "versions"
    yield from (str(one / "bin" / "python") for one in sorted(managed.glob("3.1[234].*")))


def _works(python: str) -> bool:
    try:
        return (
            subprocess.run([python, "-c", PROBE], capture_output=True, check=False).returncode == 0
        )
    except OSError:
        return False
