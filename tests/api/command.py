"""The installed command, run as a person runs it: a real process with real streams."""

import subprocess
import sys
from pathlib import Path

COMMAND = str(Path(sys.executable).with_name("onetape"))
TIMEOUT_S = 60.0


def onetape(
    *arguments: str | Path, cwd: Path | None = None, timeout_s: float = TIMEOUT_S
) -> subprocess.CompletedProcess[str]:
    """Run a command line to its end."""
    return subprocess.run(
        [COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        cwd=cwd,
        check=False,
    )
