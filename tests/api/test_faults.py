"""What is wrong with settings is said with the name, the value and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.settings import SettingsError, load


def faults(tmp_path: Path, text: str) -> list[str]:
    """Every fault of a settings file, without the folder."""
    file = tmp_path / "onetape.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as refused:
        load(file)
    return [fault.replace(f"{tmp_path}/", "") for fault in refused.value.faults]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("server.port = 'abc'", "server.port is 'abc'; expected a whole number from 0 to 65535"),
        (
            "server.port = 8080.5",
            "server.port is '8080.5'; expected a whole number from 0 to 65535",
        ),
        ("server.prot = 1", "server.prot is not a setting; did you mean server.port?"),
        ("zzz = 1", "zzz is not a setting"),
        ("server = 1", "server is '1'; expected a table"),
        ("server.host = 1", "server.host is '1'; expected text"),
        ("server.allowed_hosts = 'x'", "server.allowed_hosts is 'x'; expected a list"),
        ("server.keys_file = 1", "server.keys_file is '1'; expected the path of a file"),
        (
            "listeners.guide_port = -1",
            "listeners.guide_port is '-1'; expected a whole number from 0 to 65535",
        ),
        (
            "limits.body_bytes_max = 1",
            "limits.body_bytes_max is '1'; expected a whole number of at least 1024",
        ),
        (
            "feed.quotes_per_second = 0",
            "feed.quotes_per_second is '0'; expected a number above 0 and of at most 1000",
        ),
        (
            "simulator.participation = 'much'",
            "simulator.participation is 'much'; expected a number from 0 to 1",
        ),
        (
            "simulator.exits = 'never'",
            "simulator.exits is 'never'; expected one of next-bar, same-bar",
        ),
        ("accounts = []", "accounts is '[]'; expected a list of at least 1"),
        (
            "accounts = [{id = 'A', currency = 'usd'}]",
            "accounts.0.currency is 'usd'; expected text of the form ^[A-Z]{3,5}$",
        ),
        (
            "accounts = [{id = ''}]",
            "accounts.0.id is ''; expected text of 1 to 64 characters",
        ),
        (
            "accounts = [{cash = 1}]",
            "accounts.0.id is missing; expected text of 1 to 64 characters",
        ),
        (
            "accounts = [{id = 'A', broker = 'ibkr'}]",
            "accounts.0.broker is 'ibkr'; expected simulator",
        ),
        (
            "accounts = [{id = 'A', position_mode = 'x'}]",
            "accounts.0.position_mode is 'x'; expected one of NETTING, HEDGING",
        ),
        ("default_account = 'C'", "default_account is 'C'; expected one of DU8730189, DUP203550"),
    ],
)
def test_a_fault_says_what_was_expected(tmp_path: Path, text: str, fault: str) -> None:
    (said,) = faults(tmp_path, text)
    assert said.startswith(f"onetape.toml:1: {fault}")


def test_every_fault_is_told_with_its_line(tmp_path: Path) -> None:
    text = "[server]\nport = -1\nhosts = 1\n[[accounts]]\nid = 'A'\n[[accounts]]\ncash = -1\n"
    assert [fault.partition(" is ")[0] for fault in faults(tmp_path, text)] == [
        "onetape.toml:2: server.port",
        "onetape.toml:3: server.hosts",
        "onetape.toml:6: accounts.1.id",
        "onetape.toml:7: accounts.1.cash",
    ]


def test_a_long_value_is_cut(tmp_path: Path) -> None:
    (said,) = faults(tmp_path, f"server.port = '{'x' * 1_000}'")
    assert len(said) < 200


def test_a_table_in_the_place_of_a_value_is_not_printed(tmp_path: Path) -> None:
    (said,) = faults(tmp_path, "server.port = { password = 'canary' }")
    assert said == (
        "onetape.toml:1: server.port is a table; expected a whole number from 0 to 65535"
    )
