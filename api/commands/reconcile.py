"""`onetape reconcile` and `onetape accept`: have a running engine ask its broker, and decide what
only a person can.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from api.commands import options
from api.commands.asking import Account, Url, ask, show_alarms
from api.commands.terminal import examples, put_json, say


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        "reconcile",
        epilog=examples("onetape reconcile", "onetape reconcile --account DU8730189 --json"),
    )(reconcile)
    app.command(
        "accept",
        epilog=examples('onetape accept AAPL --reason "100 shares came by transfer"'),
    )(accept)


def reconcile(
    url: Url = None,
    account: Account = None,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Have a running server compare an account with its broker; prints what is open after it."""
    answer = ask("/reconcile", url=url, account=account, config=config)
    if as_json:
        put_json(answer)
        return
    found = answer["differences"]
    what = "no difference" if not found else f"{found} difference{'s' if found > 1 else ''}"
    say(f"{answer['account_id']} and {answer['broker']} were compared: {what}")
    show_alarms(answer["alarms"])


def accept(
    symbol: Annotated[str, typer.Argument(metavar="SYMBOL", help="The position in dispute.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; it stands on the tape.")],
    url: Url = None,
    account: Account = None,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Take a disputed position as the broker states it; prints what is still open."""
    path = f"/positions/disputed/{quote(symbol, safe='')}"
    left = ask(path, {"reason": reason}, url=url, account=account, config=config)
    if as_json:
        put_json({"alarms": left})
        return
    say(f"{symbol} was accepted as the broker states it")
    show_alarms(left)
