"""Contract numbers: IBKR's own where they are known, stable and apart from those elsewhere."""

from engine.conids import DERIVED_FIRST, KNOWN, conid
from engine.instruments import Instrument


def test_well_known_symbols_have_the_numbers_that_ibkr_gives_them() -> None:
    known = {symbol: conid(Instrument(symbol)) for symbol in ("AAPL", "IBM", "MSFT", "SPY")}
    assert known == {"AAPL": 265598, "IBM": 8314, "MSFT": 272093, "SPY": 756733}


def test_an_instrument_s_own_number_wins() -> None:
    assert conid(Instrument("AAPL", ids={"ibkr": "38708077"})) == 38708077


def test_other_symbols_have_a_number_that_never_changes_and_never_meets_a_real_one() -> None:
    assert conid(Instrument("ZZZZ")) == 1_215_392_069
    derived = {conid(Instrument(f"X{number}")) for number in range(2_000)}
    assert len(derived) == 2_000
    assert min(derived) >= DERIVED_FIRST > max(KNOWN.values())
    assert max(derived) < 2**31
