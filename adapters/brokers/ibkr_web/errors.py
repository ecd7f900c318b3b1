"""What went wrong with a question to the gateway, by what may be believed of it.

Nothing here is an answer about an order. Whoever sent one and gets any of these knows nothing of
its fate; that the gateway said no in words is no error but an answer (`answers`). That it was asked
too often is `engine.ports.Throttled`.
"""

from __future__ import annotations


class GatewayError(ConnectionError):
    """The root: a call that gave nothing to go by."""


class NotAnswered(GatewayError):
    """Raised when no answer came, or one that can not be read, or that settles nothing."""


class NotConnected(GatewayError):
    """Raised when there is no session to ask in; nothing was sent."""


class SessionLost(GatewayError):
    """Raised when the gateway says that the brokerage session is gone, or never was."""


class LoginNeeded(GatewayError):
    """Raised when somebody must log in at the gateway, which a program can not do."""


class Competing(GatewayError):
    """Raised when another program has this username's brokerage session, and may keep it."""


class NoContract(GatewayError):
    """Raised when IBKR has no contract for a symbol, or none of ours is meant by a number."""


class NotTold(GatewayError):
    """Raised when IBKR answers about a contract, and leaves out what its value depends on."""
