"""Contracts as each call tells them: found by a search, in full, with the rules of their orders."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from api.webapi import figures
from api.webapi.contracts import KIND
from engine.instruments import Listing
from engine.values import OrderType

if TYPE_CHECKING:
    from api.webapi.contracts import Contract
    from engine.ports import Capabilities

_RULE = {
    OrderType.LIMIT: "limit",
    OrderType.MARKET: "market",
    OrderType.STOP: "stop",
    OrderType.STOP_LIMIT: "stop_limit",
    OrderType.TRAILING_STOP: "trailing_stop",
}


def found(contract: Contract, *, as_text: bool) -> dict[str, Any]:
    """A contract as a search answers it; its number as a text where that is the manner."""
    kinds = (contract.instrument.asset_class,)
    number = str(contract.conid)
    listing = Listing(number, contract.ticker, contract.name, contract.exchange, kinds)
    return listed(listing, as_text=as_text)


def listed(listing: Listing, *, as_text: bool) -> dict[str, Any]:
    """A contract as a broker's search found it, likewise."""
    return {
        "conid": listing.id if as_text else int(listing.id),
        "companyHeader": f"{listing.name} - {listing.exchange}",
        "companyName": listing.name,
        "symbol": listing.symbol,
        "description": listing.exchange,
        "restricted": None,
        "fop": None,
        "opt": None,
        "war": None,
        "sections": [{"secType": KIND[each]} for each in listing.kinds],
    }


def info(contract: Contract) -> dict[str, Any]:
    """All that is known of a contract."""
    instrument, company = contract.instrument, contract.company
    return {
        "cfi_code": "",
        "symbol": contract.ticker,
        "cusip": None,
        "expiry_full": None,
        "con_id": contract.conid,
        "maturity_date": None,
        "industry": company.industry,
        "instrument_type": contract.kind,
        "has_related_contracts": False,
        "trading_class": "NMS" if contract.exchange == "NASDAQ" else contract.ticker,
        "valid_exchanges": f"SMART,{contract.exchange}",
        "allow_sell_long": False,
        "is_zero_commission_security": False,
        "local_symbol": contract.description,
        "contract_clarification_type": None,
        "classifier": None,
        "currency": instrument.currency,
        "text": None,
        "underlying_con_id": 0,
        "r_t_h": True,
        "multiplier": None if instrument.multiplier == 1 else figures.text(instrument.multiplier),
        "underlying_issuer": None,
        "contract_month": None,
        "company_name": contract.name,
        "smart_available": contract.kind == "STK",
        "exchange": contract.exchange if contract.kind == "CASH" else "SMART",
        "category": company.category,
    }


def rules(
    contract: Contract, capabilities: Capabilities, account: str, mark: Decimal | None
) -> dict[str, Any]:
    """Which orders the contract takes, in the account of a broker that can do so much."""
    instrument = contract.instrument
    price = "" if mark is None else figures.fixed(mark, instrument.price_scale)
    step = figures.number(instrument.price_step)
    return {
        "algoEligible": False,
        "overnightEligible": False,
        "costReport": False,
        "allOrNoneEligible": False,
        "canTradeAcctIds": [account],
        "error": None,
        "orderTypes": [_RULE[kind] for kind in OrderType if kind in capabilities.order_types],
        "orderTypesOutside": [],
        "ibAlgoTypes": [],
        "fraqTypes": [],
        "cqtTypes": [],
        "forceOrderPreview": False,
        "orderDefaults": {"LMT": {"LP": price}},
        "defaultSize": 100,
        "cashSize": 0.0,
        "sizeIncrement": 1 if instrument.lot is None else figures.number(instrument.lot),
        "tifTypes": sorted(each.value for each in capabilities.times_in_force),
        "tifDefaults": {"TIF": "DAY", "SIZE": "100.00", "DEFAULT_ACCT": account},
        "limitPrice": figures.number(mark) if mark is not None else None,
        "stopprice": figures.number(mark) if mark is not None else None,
        "preview": True,
        "displaySize": None,
        "fraqInt": 0,
        "cashCcy": instrument.currency,
        "cashQtyIncr": 500,
        "priceMagnifier": None,
        "negativeCapable": False,
        "incrementType": 1,
        "incrementRules": increment_rules(contract),
        "hasSecondary": False,
        "modTypes": [],
        "increment": step,
        "incrementDigits": instrument.price_scale,
    }


def increment_rules(contract: Contract) -> list[dict[str, Any]]:
    """What prices are multiples of, from which price on."""
    return [{"lowerEdge": 0.0, "increment": figures.number(contract.instrument.price_step)}]


def display_rule(contract: Contract) -> dict[str, Any]:
    """With how many digits its prices are shown."""
    digits = contract.instrument.price_scale
    step = {"decimalDigits": digits, "lowerEdge": 0.0, "wholeDigits": 4}
    return {"magnification": 0, "displayRuleStep": [step]}


def stock(contract: Contract) -> dict[str, Any]:
    """A stock as it is found by its symbol."""
    listed = {"conid": contract.conid, "exchange": contract.exchange, "isUS": True}
    return {
        "name": contract.name,
        "chineseName": contract.name,
        "assetClass": "STK",
        "contracts": [listed],
    }


def definition(contract: Contract) -> dict[str, Any]:
    """A contract as it is found by its number."""
    company = contract.company
    return {
        "conid": contract.conid,
        "currency": contract.instrument.currency,
        "time": 0,
        "chineseName": contract.name,
        "allExchanges": f"SMART,{contract.exchange}",
        "listingExchange": contract.exchange,
        "countryCode": "US",
        "name": contract.name,
        "assetClass": contract.kind,
        "expiry": None,
        "lastTradingDay": None,
        "group": company.category or None,
        "putOrCall": None,
        "sector": company.industry or None,
        "sectorGroup": company.category or None,
        "strike": "0",
        "ticker": contract.ticker,
        "undConid": 0,
        "multiplier": figures.number(contract.instrument.multiplier),
        "type": "COMMON" if contract.kind == "STK" else "",
        "hasOptions": False,
        "fullName": contract.description,
        "isUS": contract.kind == "STK",
        "isEventContract": False,
        "incrementRules": increment_rules(contract),
        "displayRule": display_rule(contract),
    }


def detail(contract: Contract) -> dict[str, Any]:
    """A contract as `secdef/info` tells it."""
    return {
        "conid": contract.conid,
        "symbol": contract.ticker,
        "secType": contract.kind,
        "exchange": "SMART",
        "listingExchange": contract.exchange,
        "right": "?",
        "strike": 0.0,
        "currency": contract.instrument.currency,
        "cusip": None,
        "coupon": "No Coupon",
        "desc1": contract.description,
        "desc2": contract.name,
        "maturityDate": None,
        "multiplier": figures.text(contract.instrument.multiplier),
        "tradingClass": contract.ticker,
        "validExchanges": f"SMART,{contract.exchange}",
    }
