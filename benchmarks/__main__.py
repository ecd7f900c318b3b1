"""Run the benchmarks: `python -m benchmarks [name ...]`, all of them without a name.

A benchmark is a module of this package with a `run()` that gives its lines.
"""

import importlib
import pkgutil
import sys
from types import ModuleType

import benchmarks

NOT_BENCHMARKS = {
    "__main__",
    "bare_server",
    "eventsourcing_peer",
    "harness",
    "load",
    "market",
    "peers",
    "race",
}


def main(names: list[str]) -> int:
    """Print every line of the named benchmarks; 2 for a name that is none, 0 otherwise."""
    found = {each.name for each in pkgutil.iter_modules(benchmarks.__path__)} - NOT_BENCHMARKS
    unknown = sorted(set(names) - found)
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are: {', '.join(sorted(found))}")
        return 2
    for name in names or sorted(found):
        module = importlib.import_module(f"benchmarks.{name}")
        if hasattr(module, "run"):
            show(name, module)
    return 0


def show(name: str, module: ModuleType) -> None:
    """Run one benchmark under its own heading."""
    print(f"\n{name}: {(module.__doc__ or '').splitlines()[0]}")
    for line in module.run():
        print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
