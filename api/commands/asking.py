"""Commands that speak to a running server: one request, one answer, or one line of what went wrong.

The engine that writes a tape is the only one who may, so whoever wants something of it asks its
server. An API key is read from the environment (`ONETAPE_KEY`), never from the command line, where
every user of the machine could read it.
"""

from __future__ import annotations

import os
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
import typer

from api.commands.terminal import BAD_INPUT, Failure, say

KEY_VARIABLE = "ONETAPE_KEY"
TIMEOUT_S = 60.0

Url = Annotated[
    str | None,
    typer.Option(metavar="URL", help="The server.", show_default="as in the settings"),
]
Account = Annotated[
    str | None,
    typer.Option(metavar="ID", help="The account.", show_default="the server's default"),
]


def ask(
    path: str,
    body: dict[str, Any] | None = None,
    *,
    url: str | None,
    account: str | None,
    config: Path | None,
) -> Any:
    """What a server answers to a POST; Failure with its own words if it refuses."""
    address = urlsplit(url or _default_url(config))
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise Failure(f"--url is {url!r}; expected such as http://127.0.0.1:8080", BAD_INPUT)
    kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
    connection = kind(address.netloc, timeout=TIMEOUT_S)
    try:
        content = None if body is None else msgspec.json.encode(body)
        connection.request("POST", f"/v1{path}", content, _headers(account))
        answer = connection.getresponse()
        text = answer.read()
    except (OSError, HTTPException) as error:
        raise Failure(f"{address.geturl()} does not answer: {error}") from None
    finally:
        connection.close()
    if answer.status >= 400:
        raise Failure(_refusal(answer.status, text))
    return msgspec.json.decode(text)


def show_alarms(alarms: list[dict[str, Any]]) -> None:
    """One line for each on stdout."""
    for each in alarms:
        typer.echo(f"{each['since']}  {each['kind']}  {each['symbol']}  {each['message']}")
    say(f"{len(alarms)} open" if alarms else "nothing is open")


def _headers(account: str | None) -> dict[str, str]:
    headers = {"Content-Type": "application/json"}
    if account is not None:
        headers["X-Account-ID"] = account
    key = os.environ.get(KEY_VARIABLE)
    if key:
        headers["Authorization"] = f"Bearer {key}"
    return headers


def _refusal(status: int, text: bytes) -> str:
    try:
        said = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError:
        return f"the server answered {status}"
    return f"the server answered {status} {said.get('code')}: {said.get('message')}"


def _default_url(config: Path | None) -> str:
    from api.settings import file_or_default, load

    server = load(file_or_default(config)).server
    host = f"[{server.host}]" if ":" in server.host else server.host
    return f"http://{host}:{server.port}"
