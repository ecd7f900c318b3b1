"""What tests with two engines may ask for: a gateway without limits, evidence without patience."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.brokers.ibkr_web import capabilities
from api.webapi.manners import MANNERS, STRICT
from engine import evidence
from engine.values import NANOSECONDS


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Evidence that an order never arrived takes a second here, instead of ten and more."""
    monkeypatch.setattr(evidence, "OVER_NS", NANOSECONDS // 2)
    monkeypatch.setattr(evidence, "SPACING_NS", NANOSECONDS // 4)
    monkeypatch.setattr(capabilities, "VISIBLE_AFTER_S", 0)


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A strict gateway that may be called faster than anywhere else; one test keeps to its pace."""
    monkeypatch.setitem(MANNERS, "strict", replace(STRICT, paced=False))
