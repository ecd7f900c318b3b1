"""The simplest client there is."""

from examples.gateway import Gateway


def buy_and_hold(url: str) -> None:
    """Buy one unit of X after the first bar, and hear the rest out."""
    with Gateway(url) as gateway:
        bought = False
        for event in gateway.events():
            if event["type"] == "candle" and not bought:
                gateway.order("X", "BUY", 1)
                bought = True
