"""`onetape config check` names every fault with its place, or prints what is in force and why."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from api.cli import run
from api.commands.config import toml
from api.secret import Secret
from api.settings import Listeners, Settings
from engine.values import PositionMode

BAD_INPUT = 2


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "onetape.toml"


def test_what_is_right_is_printed_with_where_it_was_set(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("[server]\nport = 9000\n")
    monkeypatch.setenv("ONETAPE_FEED__SEED", "7")
    assert run(["config", "check"]) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert "server.port = 9000  # onetape.toml:2" in lines
    assert "feed.seed = 7  # ONETAPE_FEED__SEED" in lines
    assert 'server.host = "127.0.0.1"' in lines
    assert "# listeners.guide_port is not set" in lines
    assert said.err == "the settings are right; no key is asked for (onetape.keys)\n"


def test_what_is_printed_is_a_settings_file_that_means_the_same(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["config", "check"]) == 0
    printed = capsys.readouterr().out
    assert Settings(**tomllib.loads(printed)) == Settings()
    file.write_text(printed)
    assert run(["config", "check"]) == 0


def test_every_fault_is_a_line_that_begins_with_its_place(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("[server]\nport = 'abc'\n\n[sever]\n")
    assert run(["config", "check", "--config", str(file)]) == BAD_INPUT
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        f"{file}:2: server.port is 'abc'; expected a whole number from 0 to 65535",
        f"{file}:4: sever is not a setting; did you mean server?",
    ]


def test_a_file_that_is_no_toml_is_named_with_the_line(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("[server]\nport = \n")
    assert run(["config", "check"]) == BAD_INPUT
    assert "onetape.toml is not TOML" in (said := capsys.readouterr().err)
    assert "line 2" in said


def test_keys_that_can_not_be_read_are_a_fault(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["keys", "create", "bot"])
    capsys.readouterr()
    assert run(["config", "check"]) == 0
    assert "API keys: 1 (onetape.keys)" in capsys.readouterr().err
    file.with_name("onetape.keys").write_text("{")
    assert run(["config", "check"]) == BAD_INPUT
    assert capsys.readouterr().err.startswith("key file onetape.keys: ")


def test_config_alone_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config"]) == BAD_INPUT
    assert "check" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (1.5, "1.5"),
        ('a "b" \\', '"a \\"b\\" \\\\"'),
        (("x", 1), '["x", 1]'),
        ({"a b": {"c": 1}}, '{ "a b" = { "c" = 1 } }'),
        (Listeners(), '{ webapi_certificate = "onetape.pem" }'),
        (PositionMode.HEDGING, '"HEDGING"'),
        (Secret("canary"), '"***"'),
    ],
)
def test_a_value_is_written_as_toml_has_it(value: object, text: str) -> None:
    assert toml(value) == text
