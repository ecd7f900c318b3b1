"""``ctx.ibkr`` over HTTPS: to a Client Portal Gateway, or to another engine that serves its API.

One connection, kept open; every call has a limit of time, and none is made twice: what became of a
call that was not answered is for the worker to find out. The connection goes straight to the
gateway, whatever proxies are set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from api.ibkr.trust import context, is_loopback
from api.refusals import encode
from engine.worker.ibkr_line import NO_ANSWER, IbkrAPIError, Reply

BASE = "/v1/api"
TIMEOUT_S = 30.0
CONNECT_TIMEOUT_S = 5.0
AGENT = "OneTape"
_EXPECTED = "such as https://localhost:5000"


class OverHttps:
    """A transport to the gateway at ``url``; ValueError for an address that can not be one.

    ``fingerprint`` pins its certificate. ``key`` is sent to engines that ask for one.
    """

    def __init__(
        self, url: str, fingerprint: str = "", key: str = "", timeout_s: float = TIMEOUT_S
    ) -> None:
        address = urlsplit(url)
        if "@" in address.netloc:  # which would end up in what is said and logged
            raise ValueError(f"an address with a name or a password in it; expected {_EXPECTED}")
        host = address.hostname or ""
        if address.scheme not in {"https", "http"} or not host or address.query:
            raise ValueError(f"{url!r}; expected {_EXPECTED}")
        if address.scheme == "http" and not is_loopback(host):
            raise ValueError(f"{url!r}; expected https, as {host} is another machine")
        path = address.path.rstrip("/") or BASE
        self.root = f"{address.scheme}://{address.netloc}"
        """Where the gateway's own address begins, for what lies beside the Web API."""
        self.url = self.root + path
        headers = {"user-agent": AGENT, "accept": "application/json"}
        if key:
            headers["authorization"] = f"Bearer {key}"
        self._client = httpx.Client(
            verify=context(host, fingerprint),
            headers=headers,
            timeout=httpx.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S),
            trust_env=False,
        )

    def ask(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Reply:
        """Make one call; IbkrAPIError with code 0 where no answer came."""
        return self._ask(method, path, self.url + path, query, body)

    def beside(self, method: str, path: str, body: Any = None) -> Reply:
        """Make one call to what the gateway serves beside the Web API."""
        return self._ask(method, path, self.root + path, {}, body)

    def _ask(self, method: str, path: str, url: str, query: Mapping[str, str], body: Any) -> Reply:
        headers = {} if body is None else {"content-type": "application/json"}
        content = None if body is None else encode(body)
        try:
            answer = self._client.request(
                method, url, params=dict(query), content=content, headers=headers
            )
        except httpx.ConnectError as error:
            raise self._silence(method, path, f"can not be reached: {error}") from error
        except httpx.HTTPError as error:
            said = str(error) or type(error).__name__
            unknown = "" if method == "GET" else "; what it did with the call is not known"
            raise self._silence(method, path, f"did not answer: {said}{unknown}") from error
        if answer.is_redirect:
            return Reply(401, {"error": "not authenticated: the gateway asks for a login"})
        return Reply(answer.status_code, _value(answer.content))

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def _silence(self, method: str, path: str, what: str) -> IbkrAPIError:
        return IbkrAPIError(NO_ANSWER, f"{method} {path}: the gateway at {self.url} {what}")


def _value(content: bytes) -> Any:
    """The JSON that was answered, or the text where it is none."""
    if not content:
        return None
    try:
        return msgspec.json.decode(content)
    except msgspec.DecodeError:
        return content.decode("utf-8", "replace")
