"""What is typed wrongly gets one line that says so, a code, and never a traceback."""

from importlib.metadata import version
from pathlib import Path

import pytest

from tests.api.command import onetape

COMMANDS = ("demo", "serve", "backtest", "tape", "verify", "replay", "version")


def test_without_a_command_the_help_names_them_all() -> None:
    said = onetape()
    assert said.returncode == 2
    assert all(f" {name} " in said.stdout for name in COMMANDS)
    assert "error" not in said.stderr


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "version"])
def test_the_help_of_a_command_shows_examples(command: str) -> None:
    said = onetape(command, "--help")
    assert said.returncode == 0
    assert f"onetape {command}" in said.stdout.partition("Examples:")[2]


def test_the_version_is_that_of_the_package() -> None:
    said = onetape("version")
    assert (said.returncode, said.stdout) == (0, f"onetape {version('onetape')}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tap"], "error: No such command 'tap'. Did you mean 'tape'?\ntry: onetape --help"),
        (["tape"], "error: Missing argument 'FILE'.\ntry: onetape tape --help"),
        (["tape", "x", "--after", "-1"], "error: Invalid value for '--after'"),
        (["tape", "absent.tape"], "error: absent.tape: there is no such file"),
        (["tape", "x", "--type", "order_guessed"], "error: --type is 'order_guessed'; expected"),
        (["verify", "absent.tape"], "error: absent.tape: there is no such file"),
        (["replay", "absent.tape"], "error: absent.tape: there is no such file"),
        (["serve", "--port", "70000"], "error: Invalid value for '--port'"),
        (["serve", "--config", "absent.toml"], "error: settings file absent.toml: No such file"),
        (["serve", "--host", "no.such.host.invalid", "--port", "0"], "error: host is 'no.such"),
        (["backtest"], "error: expected --data SYMBOL=FILE, or --demo-data"),
        (["backtest", "--data", "AAPL"], "error: --data is 'AAPL'; expected SYMBOL=FILE"),
        (["backtest", "--data", "AAPL=absent.csv"], "error: --data AAPL=absent.csv: "),
    ],
)
def test_bad_input_is_one_line_and_code_2(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    said = onetape(*arguments, cwd=tmp_path)
    assert said.returncode == 2
    assert said.stderr.startswith(message)
    assert "Traceback" not in said.stderr
    assert list(tmp_path.iterdir()) == []
