"""Settings are merged in order, and every value is traced to the line or variable that set it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.settings import Settings
from api.sources import Place, SettingsError, Sources, line_of

TEXT = '''# a comment, then a blank line

default_account = "B"
server.host = "::1"

[limits] # a table
body_bytes_max = 2_048
frame_bytes_max = [
  1, # not a number

  2,
]
[simulator]
commission = """
[server]
port = 1
"""

[[accounts]]
id = "A"
[[accounts]]
cash = 3
"id" = "B"
'''


@pytest.fixture
def file(tmp_path: Path) -> Path:
    written = tmp_path / "onetape.toml"
    written.write_text(TEXT)
    return written


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("default_account",), 3),
        (("server", "host"), 4),
        (("limits",), 6),
        (("limits", "body_bytes_max"), 7),
        (("limits", "frame_bytes_max"), 8),
        (("limits", "frame_bytes_max", 1), 8),
        (("simulator",), 13),
        (("simulator", "commission"), 14),
        (("accounts",), 19),
        (("accounts", 0, "id"), 20),
        (("accounts", 1), 21),
        (("accounts", 1, "id"), 23),
    ],
)
def test_a_value_is_found_on_the_line_where_it_begins(place: Place, line: int) -> None:
    assert line_of(TEXT, place) == line


@given(st.lists(st.sampled_from(["", "# x", "[t]", "s = '''\n[a]\nb = 1\n'''"]), unique=True))
def test_whatever_stands_before_it_a_value_keeps_its_line(before: list[str]) -> None:
    text = "\n".join([*before, "[last]", "value = 1"])
    assert line_of(text, ("last", "value")) == text.count("\n") + 1


def test_the_later_source_wins_and_is_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONETAPE_LIMITS__BODY_BYTES_MAX", "4096")
    monkeypatch.setenv("ONETAPE_FEED__SEED", "5")
    sources = Sources(Settings, file, {"feed": {"seed": 6}})
    merged = sources.merged()
    assert (merged["limits"]["body_bytes_max"], merged["feed"]["seed"]) == ("4096", 6)
    assert sources.origin(("limits", "body_bytes_max")) == "ONETAPE_LIMITS__BODY_BYTES_MAX"
    assert sources.origin(("server", "host")) == f"{file}:4"
    assert sources.origin(("accounts", 1, "currency")) == f"{file}:21"
    assert sources.origin(("feed", "seed")) == ""
    assert sources.origin(("tape", "file")) == ""


def test_what_was_set_can_be_told_from_a_default(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONETAPE_SERVER__HOST", "::1")
    sources = Sources(Settings, file)
    assert sources.sets(("server", "host"))
    assert not sources.sets(("server", "port"))
    assert sources.is_from_file(("default_account",))
    assert not sources.is_from_file(("server", "host"))


def test_merging_leaves_the_sources_as_they_were() -> None:
    command = {"server": {"port": 1}}
    sources = Sources(Settings, None, command)
    sources.merged()["server"]["port"] = 2
    assert sources.merged() == command == {"server": {"port": 1}}


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("ONETAPE_SEVER__PORT", "1", "ONETAPE_SEVER__PORT: sever is not a setting; did you mean"),
        ("ONETAPE_ACCOUNTS", "[", "ONETAPE_ACCOUNTS is no JSON"),
    ],
)
def test_a_variable_that_can_not_be_meant_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, message: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=message):
        Sources(Settings)


def test_a_variable_without_a_table_may_be_some_other_programs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ONETAPE_KEY", "not ours")
    assert Sources(Settings).merged() == {}


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "onetape.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="is not TOML"):
        Sources(Settings, file)
