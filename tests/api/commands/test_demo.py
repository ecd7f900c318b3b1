"""`onetape demo` runs to its end by itself and shows what it did."""

import json
import socket
from pathlib import Path

import pytest

from tests.api.command import onetape


@pytest.mark.timeout(60)
def test_the_demo_trades_a_week_and_leaves_a_whole_tape(tmp_path: Path) -> None:
    said = onetape("demo", "--port", "0", cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    assert "the backtest is complete" in said.stderr
    assert "equity at the end" in said.stdout
    assert onetape("verify", tmp_path / "demo.tape").returncode == 0


@pytest.mark.timeout(60)
def test_it_can_be_repeated_and_gives_the_same_tape(tmp_path: Path) -> None:
    digests = [
        json.loads(onetape("demo", "--port", "0", "--json", cwd=tmp_path).stdout)["tape_digest"]
        for _ in range(2)
    ]
    assert digests[0] == digests[1]
    assert {path.name for path in tmp_path.glob("*.tape")} == {"demo.tape", "demo-2.tape"}


@pytest.mark.timeout(60)
def test_where_the_usual_port_is_taken_a_free_one_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        monkeypatch.setenv("ONETAPE_SERVER__PORT", port)
        said = onetape("demo", cwd=tmp_path)
    assert said.returncode == 0
    assert said.stderr.startswith(f"port {port} is taken, so the demo uses a free one")


def test_a_port_that_was_asked_for_must_be_free(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = onetape("demo", "--port", port, cwd=tmp_path)
    assert said.returncode == 1
    assert f"port {port} on 127.0.0.1 is taken" in said.stderr
