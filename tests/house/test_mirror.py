"""The same noun everywhere: a test module stands where its source module stands.

`tests/engine/test_orders.py` tests `engine/orders.py`; a noun that is a folder is tested by a
folder or by one module. A long test splits by aspect: `test_orders_brackets.py`. Every folder with
Python files is a package, so two test modules may share a noun without sharing a name.
"""

from pathlib import Path

import pytest

from tests.house.tree import PACKAGES, PYTHON_TREES, ROOT, modules


def strays(root: Path) -> list[str]:
    """Test modules below `root/tests` that mirror no source, as paths below the root."""
    found = []
    for package in PACKAGES:
        for path in sorted((root / "tests" / package).rglob("test_*.py")):
            below = path.relative_to(root / "tests")
            if not _has_source(root / below.parent, path.stem.removeprefix("test_")):
                found.append(path.relative_to(root).as_posix())
    return found


def _has_source(folder: Path, noun: str) -> bool:
    """Say whether the noun, or a leading part of it, is a module or package of the folder."""
    words = noun.split("_")
    names = ["_".join(words[:count]) for count in range(len(words), 0, -1)]
    return any((folder / f"{name}.py").is_file() or (folder / name).is_dir() for name in names)


def test_every_test_module_mirrors_a_source_module() -> None:
    assert strays(ROOT) == []


def test_every_folder_with_python_files_is_a_package() -> None:
    folders = {(ROOT / module.path).parent for module in modules(*PYTHON_TREES)}
    bare = [folder for folder in folders if not (folder / "__init__.py").is_file()]
    assert sorted(folder.relative_to(ROOT).as_posix() for folder in bare) == []


@pytest.mark.parametrize(
    ("source", "test", "stray"),
    [
        ("engine/orders.py", "tests/engine/test_orders.py", False),
        ("engine/orders.py", "tests/engine/test_orders_brackets.py", False),
        ("engine/tape/chain.py", "tests/engine/tape/test_chain.py", False),
        ("engine/tape/chain.py", "tests/engine/test_tape.py", False),
        ("engine/orders.py", "tests/engine/test_positions.py", True),
        ("engine/orders.py", "tests/api/test_orders.py", True),
        ("engine/tape/chain.py", "tests/engine/test_chain.py", True),
    ],
)
def test_a_test_without_its_source_is_found(
    tmp_path: Path, source: str, test: str, stray: bool
) -> None:
    for name in (source, test):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert strays(tmp_path) == ([test] if stray else [])
