"""Settings come from four places in a fixed order, and what is no setting is refused by name."""

from pathlib import Path

import pytest

from api.settings import Settings, SettingsError, file_or_default, load


def test_without_any_source_the_defaults_serve_two_accounts_on_loopback() -> None:
    settings = load()
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8080)
    assert [account.id for account in settings.accounts] == ["DU8730189", "DUP203550"]
    assert {account.cash for account in settings.accounts} == {1_000_000}


def test_the_command_wins_over_the_environment_which_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "onetape.toml"
    file.write_text("[server]\nport = 1\nhost = '127.0.0.2'\n[feed]\nseed = 7\n")
    monkeypatch.setenv("ONETAPE_SERVER__PORT", "2")
    monkeypatch.setenv("ONETAPE_FEED__HISTORY_BARS", "3")
    settings = load(file, {"feed": {"history_bars": 4}})
    assert settings.server.port == 2
    assert settings.server.host == "127.0.0.2"
    assert (settings.feed.seed, settings.feed.history_bars) == (7, 4)


def test_accounts_are_tables_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "onetape.toml"
    file.write_text("[[accounts]]\nid = 'A1'\ncash = '2500.50'\nposition_mode = 'HEDGING'\n")
    settings = load(file)
    assert str(settings.accounts[0].cash) == "2500.50"
    assert settings.account_id == "A1"


def test_the_default_account_is_the_first_unless_another_is_named() -> None:
    assert load().account_id == "DU8730189"
    assert load(overrides={"default_account": "DUP203550"}).account_id == "DUP203550"


def test_the_key_file_lies_beside_the_settings_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "onetape.toml"
    file.write_text("")
    assert load().server.keys_file == Path("onetape.keys")
    assert load(file).server.keys_file == tmp_path / "onetape.keys"
    file.write_text("[server]\nkeys_file = 'secret/keys'\n")
    assert load(file).server.keys_file == tmp_path / "secret" / "keys"
    monkeypatch.setenv("ONETAPE_SERVER__KEYS_FILE", "elsewhere.keys")
    assert load(file).server.keys_file == Path("elsewhere.keys")


def test_the_certificate_is_beside_the_settings_file_unless_it_is_set_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "onetape.toml"
    file.write_text("")
    assert load().listeners.webapi_certificate == Path("onetape.pem")
    assert load(file).listeners.webapi_certificate == tmp_path / "onetape.pem"
    file.write_text("[listeners]\nwebapi_certificate = 'mine.pem'\n")
    assert load(file).listeners.webapi_certificate == tmp_path / "mine.pem"
    monkeypatch.setenv("ONETAPE_LISTENERS__WEBAPI_CERTIFICATE", "elsewhere.pem")
    assert load(file).listeners.webapi_certificate == Path("elsewhere.pem")


def test_a_command_takes_the_settings_file_that_is_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert file_or_default(None) is None
    Path("onetape.toml").write_text("")
    assert file_or_default(None) == Path("onetape.toml")
    assert file_or_default(Path("other.toml")) == Path("other.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[server]\nprot = 1", "server.prot is not a setting"),
        ("[server]\nport = 70000", "server.port is '70000'; expected a whole number from 0 to"),
        ("default_account = 'X'", "default_account is 'X'; expected one of DU8730189, DUP203550"),
        ("accounts = [{id = 'A'}, {id = 'A'}]", "expected accounts of different ids, and A is"),
        ("[sever]\nport = 1", "sever is not a setting"),
        ("accounts = []", "accounts is '\\[\\]'"),
        ("port = ", "is not TOML"),
    ],
)
def test_what_can_not_be_used_is_named(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "onetape.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=message):
        load(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"absent\.toml: No such file"):
        load(tmp_path / "absent.toml")


def test_settings_can_not_be_changed_after_they_are_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().server.port = 1
