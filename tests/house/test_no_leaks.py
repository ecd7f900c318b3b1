"""Nothing in the repository knows the machine it was written on.

No absolute path of a developer's machine, no host of a package registry: the first breaks on the
next machine, the second belongs to the installer's own settings.
"""

import subprocess
from pathlib import Path

import pytest

from tests.house.tree import ROOT

# Written in two halves, so that this file passes its own test.
FORBIDDEN = tuple(
    left + right
    for left, right in (
        ("/wo", "rk/"),
        ("/ro", "ot/"),
        ("/tmp/", "brief"),
        ("/tmp/", "probe"),
        ("/opt/", "pypi"),
        ("/opt/", "wheels"),
        ("pypi", ".org"),
        ("python", "hosted.org"),
        ("registry", ".npmjs"),
        ("crates", ".io"),
    )
)


def leaks(path: Path) -> list[str]:
    """Forbidden texts in the file, as `name contains text`; binary files are searched as well."""
    content = path.read_bytes()
    return [f"{path.name} contains {text}" for text in FORBIDDEN if text.encode() in content]


def repository_files() -> list[Path]:
    """Every file that is tracked or would be: what the ignore list leaves."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=10)
    paths = [ROOT / name.decode() for name in listed.stdout.split(b"\0") if name]
    return [path for path in paths if path.is_file()]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="an unpacked archive has no file list")
def test_no_file_names_a_machine_or_a_registry() -> None:
    assert [line for path in repository_files() for line in leaks(path)] == []


@pytest.mark.parametrize("text", FORBIDDEN)
def test_a_leak_is_found(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes.md"
    path.write_text(f"see {text}x")
    assert leaks(path) == [f"notes.md contains {text}"]
