"""Brokers and margin in the settings: who can be behind an account, and when it is warned."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from api.settings import SettingsError, load

BROKER = '[brokers.paper]\nkind = "x"\nsecrets = { key = "hush" }\n'


def settings(folder: Path, text: str) -> Path:
    """A settings file."""
    file = folder / "onetape.toml"
    file.write_text(text)
    return file


def test_an_account_may_be_behind_a_broker_that_the_settings_name(tmp_path: Path) -> None:
    loaded = load(settings(tmp_path, f'{BROKER}[[accounts]]\nid = "A"\nbroker = "paper"\n'))
    assert loaded.accounts[0].broker == "paper"
    broker = loaded.brokers["paper"]
    assert (broker.kind, broker.options, broker.patience_ms) == ("x", {}, 1_000)


def test_a_secret_of_a_broker_is_not_shown(tmp_path: Path) -> None:
    broker = load(settings(tmp_path, BROKER)).brokers["paper"]
    assert "hush" not in repr(broker)
    assert "hush" not in broker.model_dump_json()
    assert broker.secrets["key"].reveal() == "hush"


def test_a_secret_may_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONETAPE_BROKERS__PAPER__SECRETS__KEY", "whisper")
    broker = load(settings(tmp_path, BROKER)).brokers["paper"]
    assert broker.secrets["key"].reveal() == "whisper"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('accounts = [{ id = "A", broker = "other" }]', "expected one of simulator, paper"),
        ('[brokers.simulator]\nkind = "x"', "expected other names than simulator"),
        ('[brokers.b]\nkind = ""', "brokers.b.kind is ''; expected text of 1 to 32 characters"),
        ("[brokers.b]", "brokers.b.kind is missing"),
        (
            '[brokers.b]\nkind = "x"\nanswer_timeout_s = 0',
            "brokers.b.answer_timeout_s is '0'; expected a number above 0 and of at most 300",
        ),
        ("[margin]\ncall_share = 0.5", "expected a number of at least warning_share, which is 0.8"),
    ],
)
def test_what_can_not_be_is_said_with_what_was_expected(
    tmp_path: Path, text: str, fault: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        load(settings(tmp_path, f"{text}\n{BROKER}"))
    assert fault in str(raised.value)


def test_margin_thresholds_are_shares_of_equity(tmp_path: Path) -> None:
    loaded = load(settings(tmp_path, "[margin]\nwarning_share = 0.5\ncall_share = 0.9\n"))
    assert (loaded.margin.warning_share, loaded.margin.call_share) == (
        Decimal("0.5"),
        Decimal("0.9"),
    )
