"""Keys are made, listed and revoked by a command, and the key itself is printed once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api.cli import run
from api.keyfile import KeyFile
from api.keys import digest

BAD_INPUT = 2


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def listed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What `onetape keys list --json` prints."""
    capsys.readouterr()
    assert run(["keys", "list", "--json"]) == 0
    keys: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["keys"]
    return keys


def test_a_key_is_printed_alone_and_kept_as_its_hash(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["keys", "create", "bot"]) == 0
    said = capsys.readouterr()
    key = said.out.strip()
    assert key.startswith("otk_")
    assert key not in said.err
    (kept,) = KeyFile(Path("onetape.keys")).read() or ()
    assert kept.sha256 == digest(key.encode()).decode()
    assert (kept.name, kept.scopes, kept.accounts) == ("bot", ("read", "trade"), ())


def test_rights_accounts_and_an_end_are_given_by_options(
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = ["--scopes", "read", "--accounts", "DUP203550, DU8730189", "--days", "90", "--json"]
    assert run(["keys", "create", "web", *options]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made.pop("key").startswith(f"otk_{made['id']}_")
    assert listed(capsys) == [made]
    assert made["accounts"] == ["DUP203550", "DU8730189"]
    assert made["scopes"] == ["read"]
    assert made["expires_at"] > made["created_at"]


def test_the_list_is_a_table_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["keys", "list"]) == 0
    assert "no key is asked for" in capsys.readouterr().err
    run(["keys", "create", "bot", "--days", "1"])
    key = capsys.readouterr().out.strip()
    assert run(["keys", "list"]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["NAME", "ID", "SCOPES", "ACCOUNTS", "CREATED", "EXPIRES"]
    assert row.split()[:4] == ["bot", key.split("_")[1], "read,trade", "all"]


@pytest.mark.parametrize("by", ["name", "id"])
def test_a_key_is_revoked_by_its_name_or_its_id(
    capsys: pytest.CaptureFixture[str], by: str
) -> None:
    run(["keys", "create", "leaving"])
    run(["keys", "create", "staying"])
    assert run(["keys", "revoke", listed(capsys)[0][by]]) == 0
    assert [key["name"] for key in listed(capsys)] == ["staying"]


def test_after_the_last_key_nobody_is_let_in(capsys: pytest.CaptureFixture[str]) -> None:
    run(["keys", "create", "bot"])
    run(["keys", "revoke", "bot"])
    capsys.readouterr()
    assert run(["keys", "list"]) == 0
    assert "nobody is let in" in capsys.readouterr().err


def test_the_keys_lie_beside_the_settings_file(here: Path) -> None:
    folder = here / "etc"
    folder.mkdir()
    (folder / "paper.toml").write_text("")
    assert run(["keys", "create", "bot", "--config", "etc/paper.toml"]) == 0
    assert [each.name for each in here.iterdir()] == ["etc"]
    assert (folder / "onetape.keys").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["create", "a b"], "NAME is 'a b'; expected 1 to 64 letters"),
        (["create", "bot"], "NAME is 'bot'; expected a name that no key has yet"),
        (["create", "x", "--scopes", "all"], "--scopes is 'all'; expected some of read, trade"),
        (["create", "x", "--scopes", ""], "--scopes is ''; expected some of read, trade"),
        (["create", "x", "--accounts", "Z"], "--accounts is 'Z'; expected some of DU8730189"),
        (["create", "x", "--accounts", ","], "--accounts is ','; expected some of DU8730189"),
        (["create", "x", "--days", "0"], "--days"),
        (["revoke", "nobody"], "NAME is 'nobody'; expected one of the keys: bot"),
        (["list", "--config", "absent.toml"], "absent.toml: No such file"),
        (["lst"], "No such command 'lst'"),
    ],
)
def test_what_can_not_be_meant_is_named_and_changes_nothing(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    run(["keys", "create", "bot"])
    before = listed(capsys)
    assert run(["keys", *arguments]) == BAD_INPUT
    assert message in capsys.readouterr().err
    assert listed(capsys) == before
