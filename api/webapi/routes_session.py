"""The life of a session over REST: tickle, state, opening, closing, accounts, selecting one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from api.refusals import Refusal
from api.webapi import errors
from api.webapi import session as sessions
from api.webapi.reading import Line, Truth, lenient
from api.webapi.session import Needs, Session

if TYPE_CHECKING:
    from api.endpoints import Call, Operation
    from api.webapi.gateway import Gateway, Row

TAG = "Session"
_INIT = lenient(
    publish=Truth("Must be true where it is said"),
    compete=Truth("Whether to take the session over from a competing one"),
)
_FORCE = lenient(force=Truth("Whether to take the session over from a competing one"))
_SELECT = lenient(("acctId",), acctId=Line("The account to select", 64))


class SessionCalls:
    """The handlers of everything about the session."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def tickle(self, session: Session, _call: Call) -> Row:
        """Keep the session alive; its id is always the same."""
        if not session.is_logged_in:
            return {"error": "no session"}
        session.tickle()
        return {
            "session": session.id,
            "ssoExpires": session.expires_ms,
            "collission": False,
            "userId": user_id(session),
            "hmds": {"error": "no bridge"},
            "iserver": {"authStatus": session.status()},
        }

    async def status(self, session: Session, _call: Call) -> Row:
        """Whether there is a brokerage session."""
        return session.status()

    async def init(self, session: Session, call: Call) -> Row:
        """Open the brokerage session."""
        asked = _INIT.read_query(call.query) | _INIT.read(call.body)
        if asked.get("publish", True) is not True:
            raise errors.refusal(500, "publish is false; expected true")
        session.init(compete=asked.get("compete", False))
        return session.status()

    async def reauthenticate(self, session: Session, call: Call) -> Row:
        """Open the brokerage session again; an older way to say it."""
        asked = _FORCE.read_query(call.query) | _FORCE.read(call.body)
        session.init(compete=asked.get("force", False))
        return {"message": "triggered"}

    async def validate(self, session: Session, call: Call) -> Row:
        """Who is logged in, and for how long."""
        now = session.now_ms()
        return {
            "USER_ID": user_id(session),
            "USER_NAME": session.client,
            "RESULT": session.is_logged_in,
            "AUTH_TIME": session.logged_in_at,
            "SF_ENABLED": False,
            "IS_FREE_TRIAL": False,
            "CREDENTIAL": session.client,
            "IP": "127.0.0.1",
            "EXPIRES": session.expires_ms,
            "QUALIFIED_FOR_MOBILE_AUTH": None,
            "LANDING_APP": "UNIVERSAL",
            "IS_MASTER": False,
            "lastAccessed": now,
            "LOGIN_TYPE": 2,
            "loginType": 2,
            "PAPER_USER_NAME": session.client,
            "features": {
                "env": "PROD",
                "wlms": True,
                "realtime": True,
                "bond": False,
                "optionChains": False,
                "calendar": False,
                "newMf": False,
            },
            "region": "NJ",
        }

    async def logout(self, session: Session, _call: Call) -> Row:
        """End both sessions; orders work on."""
        session.log_out()
        return {"status": True}

    async def accounts(self, session: Session, call: Call) -> Row:
        """The accounts that can be traded; other calls may want this one first."""
        session.has_accounts = True
        return accounts_of(self._gateway, session, self._gateway.accounts(call.caller))

    async def select(self, session: Session, call: Call) -> Row:
        """Select an account for the calls that name none."""
        wanted = _SELECT.read(call.body)["acctId"]
        try:
            account = self._gateway.account(call.caller, wanted)
        except Refusal as refused:
            raise errors.refusal(500, f"Invalid account ID {wanted!r}") from refused
        if account == session.selected:
            return {"success": "Account already set"}
        session.selected = account
        return {"set": True, "acctId": account}

    def operations(self) -> Iterator[list[Operation]]:
        """What can be asked, one list for each path."""
        gateway = self._gateway
        yield gateway.either(
            "/tickle", "Keep the session alive", self.tickle, needs=Needs.NOTHING, tag=TAG
        )
        yield gateway.either(
            "/iserver/auth/status",
            "Get the state of the brokerage session",
            self.status,
            needs=Needs.LOGIN,
            tag=TAG,
        )
        yield gateway.either(
            "/iserver/auth/ssodh/init",
            "Open the brokerage session",
            self.init,
            needs=Needs.NOTHING,
            query=_INIT,
            body=_INIT,
            tag=TAG,
        )
        yield gateway.either(
            "/iserver/reauthenticate",
            "Open the brokerage session again",
            self.reauthenticate,
            needs=Needs.LOGIN,
            query=_FORCE,
            body=_FORCE,
            tag=TAG,
        )
        yield gateway.either(
            "/sso/validate", "See who is logged in", self.validate, needs=Needs.LOGIN, tag=TAG
        )
        yield gateway.either("/logout", "Log out", self.logout, needs=Needs.NOTHING, tag=TAG)
        yield [
            gateway.operation(
                "GET", "/iserver/accounts", "List the accounts", self.accounts, tag=TAG
            )
        ]
        path = "/iserver/account"
        yield [
            gateway.operation("POST", path, "Select an account", self.select, body=_SELECT, tag=TAG)
        ]


def accounts_of(gateway: Gateway, session: Session, accounts: list[str]) -> Row:
    """What a client may know of its accounts; the stream says the same when it opens."""
    kinds = sorted({contract.kind for contract in gateway.contracts.all()})
    properties = {
        "hasChildAccounts": False,
        "supportsCashQty": False,
        "liteUnderPro": False,
        "noFXConv": True,
        "isProp": False,
        "supportsFractions": True,
        "allowCustomerTime": False,
        "autoFx": False,
    }
    return {
        "accounts": accounts,
        "acctProps": dict.fromkeys(accounts, properties),
        "aliases": {name: name for name in accounts},
        "allowFeatures": {
            "showGFIS": False,
            "showEUCostReport": False,
            "allowEventContract": False,
            "allowFXConv": False,
            "allowFinancialLens": False,
            "allowMTA": False,
            "allowTypeAhead": True,
            "allowEventTrading": False,
            "snapshotRefreshTimeout": 30,
            "liteUser": False,
            "showWebNews": False,
            "research": False,
            "debugPnl": False,
            "showTaxOpt": False,
            "showImpactDashboard": False,
            "allowDynAccount": False,
            "allowCrypto": "CRYPTO" in kinds,
            "allowedAssetTypes": ",".join(kinds),
        },
        "chartPeriods": {kind: ["*"] for kind in kinds},
        "groups": [],
        "profiles": [],
        "selectedAccount": session.selected,
        "serverInfo": {
            "serverName": sessions.SERVER_NAME,
            "serverVersion": sessions.SERVER_VERSION,
        },
        "sessionId": session.id[:16],
        "isFT": False,
        "isPaper": True,
    }


def user_id(session: Session) -> int:
    """A number for the client's name."""
    digest = hashlib.blake2b(session.client.encode(), digest_size=4).digest()
    return 100_000_000 + int.from_bytes(digest) % 100_000_000
