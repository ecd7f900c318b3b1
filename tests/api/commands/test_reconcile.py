"""`onetape reconcile` and `onetape accept` against a running server: keys, refusals, words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.api.command import onetape
from tests.clients.process import served

ACCOUNT = "DU8730189"


@pytest.mark.timeout(60)
def test_a_simulated_account_is_compared_and_nothing_is_open(tmp_path: Path) -> None:
    with served("serve", "--tape", tmp_path / "a.tape", cwd=tmp_path) as server:
        said = onetape("reconcile", "--url", server.url)
        assert (said.returncode, said.stdout) == (0, "")
        assert f"{ACCOUNT} and simulator were compared: no difference" in said.stderr
        assert "nothing is open" in said.stderr
        answer = json.loads(onetape("reconcile", "--url", server.url, "--json").stdout)
        assert answer == {
            "account_id": ACCOUNT,
            "broker": "simulator",
            "differences": 0,
            "alarms": [],
        }
        refused = onetape("reconcile", "--url", server.url, "--account", "NOBODY")
        assert refused.returncode == 1
        assert refused.stderr.startswith("error: the server answered 400 INVALID_VALUE")
        refused = onetape("accept", "AAPL", "--reason", "so it is", "--url", server.url)
        assert "in dispute" in refused.stderr
        server.stop()


@pytest.mark.timeout(60)
def test_the_key_is_read_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = onetape("keys", "create", "operator", cwd=tmp_path).stdout.strip()
    with served("serve", "--tape", tmp_path / "b.tape", cwd=tmp_path) as server:
        monkeypatch.delenv("ONETAPE_KEY", raising=False)
        refused = onetape("reconcile", "--url", server.url)
        assert "the server answered 401" in refused.stderr
        monkeypatch.setenv("ONETAPE_KEY", key)
        assert onetape("reconcile", "--url", server.url).returncode == 0
        denied = onetape("accept", "AAPL", "--reason", "so it is", "--url", server.url)
        assert "the server answered 403" in denied.stderr
        server.stop()


def test_without_a_url_the_server_of_the_settings_is_asked(tmp_path: Path) -> None:
    (tmp_path / "onetape.toml").write_text("[server]\nport = 9\n")
    said = onetape("reconcile", cwd=tmp_path)
    assert said.returncode == 1
    assert said.stderr.startswith("error: http://127.0.0.1:9 does not answer")
