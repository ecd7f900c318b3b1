"""What the README and the tutorial say to type works as it stands there."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from api.cli import app
from tests.api.command import onetape
from tests.clients.process import Served, served

ROOT = Path(__file__).resolve().parents[2]
HERE = re.compile(r"http://localhost:8080")
TIMED_OUT = 28
"""What curl answers when its time is up: the end of a stream that has none."""


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a page in one language."""
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)


def curls(page: str) -> list[str]:
    """Every curl command of a page, its continued lines joined."""
    text = "\n".join(blocks(page, "sh")).replace("\\\n", " ")
    return [line for line in text.splitlines() if line.startswith("curl ")]


def curl(command: str, server: Served) -> subprocess.CompletedProcess[str]:
    """Run one of them against a server, for a second where it would go on for ever."""
    words = shlex.split(HERE.sub(server.url, command), comments=True)
    options = ["--silent", "--show-error", "--fail", "--max-time", "1.5"]
    return subprocess.run(
        [*words, *options], capture_output=True, text=True, timeout=15, check=False
    )


@pytest.mark.timeout(60)
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed here")
def test_the_session_of_the_readme_works(tmp_path: Path) -> None:
    commands = curls("README.md")
    assert len(commands) >= 4
    with served("serve", cwd=tmp_path) as server:
        for command in commands:
            said = curl(command, server)
            if "/events" in command:
                assert said.returncode == TIMED_OUT
                assert "event: connection" in said.stdout
            else:
                assert said.returncode == 0, f"{command}: {said.stderr}"
                json.loads(said.stdout)


@pytest.mark.timeout(60)
def test_the_strategy_of_the_tutorial_trades_the_data_it_names(tmp_path: Path) -> None:
    strategy = tmp_path / "dip.py"
    (code,) = blocks("docs/tutorial.md", "python")
    (command,) = [
        line
        for block in blocks("docs/tutorial.md", "sh")
        for line in block.splitlines()
        if "onetape backtest" in line
    ]
    arguments = shlex.split(command)[1:]
    arguments[arguments.index("dip.tape")] = str(tmp_path / "dip.tape")
    with served(*arguments, "--json", cwd=ROOT) as server:
        strategy.write_text(code.replace("Gateway()", f"Gateway({server.url!r})"))
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, strategy], check=True, timeout=50, env=environment)
        report = json.loads(server.finish())
    assert report["fills"] > 4
    verified = json.loads(onetape("verify", tmp_path / "dip.tape", "--json").stdout)
    assert verified["tape_digest"] == report["tape_digest"]


@pytest.mark.timeout(60)
def test_the_demo_prints_what_the_readme_says_it_does(tmp_path: Path) -> None:
    said = onetape("demo", "--port", "0", cwd=tmp_path)
    printed = {" ".join(line.split()) for line in (said.stdout + said.stderr).splitlines()}
    promised = next(each for each in blocks("README.md", "text") if each.startswith("ready: "))
    timed = re.compile(r"^(ready|bars|\.\.\.)")
    steady = [" ".join(line.split()) for line in promised.splitlines() if not timed.match(line)]
    assert [line for line in steady if line not in printed] == []


def test_every_command_in_the_pages_exists() -> None:
    pages = ("README.md", "docs/tutorial.md", "docs/reference/cli.md")
    shown = [line for page in pages for block in blocks(page, "sh") for line in block.splitlines()]
    used = {line.split("onetape ")[1].split()[0] for line in shown if "onetape " in line}
    registered: tuple[Any, ...] = (*app.registered_commands, *app.registered_groups)
    assert used <= {one.name or one.callback.__name__ for one in registered}
    assert len(used) >= 6
