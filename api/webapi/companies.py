"""What the Web API tells of a few companies beside their symbol: name, exchange, trade.

An instrument that is not listed here is told under its own symbol, on no particular exchange.
"""

from __future__ import annotations

from typing import NamedTuple


class Company(NamedTuple):
    """Who is behind a symbol, and where it is listed."""

    name: str
    exchange: str = "NASDAQ"
    industry: str = ""
    category: str = ""


_KNOWN = {
    "AAPL": Company("APPLE INC", "NASDAQ", "Computers", "Computers"),
    "AMD": Company("ADVANCED MICRO DEVICES", "NASDAQ", "Semiconductors", "Electronic Components"),
    "AMZN": Company("AMAZON.COM INC", "NASDAQ", "Internet", "E-Commerce/Products"),
    "GOOG": Company("ALPHABET INC-CL C", "NASDAQ", "Internet", "Web Portals/ISP"),
    "GOOGL": Company("ALPHABET INC-CL A", "NASDAQ", "Internet", "Web Portals/ISP"),
    "IBM": Company("INTL BUSINESS MACHINES CORP", "NYSE", "Computers", "Computer Services"),
    "INTC": Company("INTEL CORP", "NASDAQ", "Semiconductors", "Electronic Components"),
    "KO": Company("COCA-COLA CO/THE", "NYSE", "Beverages", "Beverages-Non-alcoholic"),
    "META": Company("META PLATFORMS INC-CLASS A", "NASDAQ", "Internet", "Internet Content-Entmnt"),
    "MSFT": Company("MICROSOFT CORP", "NASDAQ", "Software", "Applications Software"),
    "NFLX": Company("NETFLIX INC", "NASDAQ", "Internet", "Internet Content-Entmnt"),
    "NVDA": Company("NVIDIA CORP", "NASDAQ", "Semiconductors", "Electronic Components"),
    "QQQ": Company("INVESCO QQQ TRUST SERIES 1", "NASDAQ", "Funds", "ETF"),
    "SPY": Company("SPDR S&P 500 ETF TRUST", "ARCA", "Funds", "ETF"),
    "TSLA": Company("TESLA INC", "NASDAQ", "Auto Manufacturers", "Auto-Cars/Light Trucks"),
}


def company(symbol: str) -> Company:
    """What is known of ``symbol``."""
    return _KNOWN.get(symbol) or Company(symbol, "SMART")
