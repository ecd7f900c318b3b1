"""A disk that is really full: the tape stops at once, loses nothing that was durable, and goes on
when there is room again.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.crash.filler import GROUP
from tests.house.tree import ROOT

SIZE = "2m"
MOUNT = f'mount -t tmpfs -o size={SIZE} tmpfs "$0" && exec "$@"'


def in_a_small_file_system(folder: Path, *command: str) -> list[str]:
    """The command line that runs `command` where `folder` is a file system of its own."""
    return ["unshare", "-rm", "sh", "-c", MOUNT, str(folder), *command]


def may_mount(folder: Path) -> bool:
    """Whether this machine lets a test have a file system to itself."""
    if shutil.which("unshare") is None:
        return False
    probe = in_a_small_file_system(folder, "true")
    return subprocess.run(probe, capture_output=True, timeout=10, check=False).returncode == 0


@pytest.mark.crash
@pytest.mark.timeout(60)
def test_a_full_disk_ends_the_tape_keeps_what_was_durable_and_lets_it_go_on_later(
    tmp_path: Path,
) -> None:
    if not may_mount(tmp_path):
        pytest.skip("this machine does not let a test mount a file system of its own")
    fill = (sys.executable, "-m", "tests.crash.filler", str(tmp_path))
    done = subprocess.run(
        in_a_small_file_system(tmp_path, *fill),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    had_room, durable, kept, records, *reason = done.stdout.split()
    assert had_room == "True"
    assert int(durable) > 0
    assert int(durable) <= int(kept) <= int(durable) + GROUP
    assert int(records) == int(kept) + 1
    assert reason == []
