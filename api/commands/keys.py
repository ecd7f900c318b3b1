"""`onetape keys`: make, list and revoke the keys that open a server.

The key itself is printed once, alone on stdout, and is nowhere afterwards: the key file keeps its
hash. A server that is running sees every change within half a second.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands import options
from api.commands.terminal import BAD_INPUT, Failure, examples, put_json, say

if TYPE_CHECKING:
    from api.keyfile import KeyFile, Keys
    from api.keys import StoredKey
    from api.settings import Settings

DAYS_MAX = 36_500

Listed = Annotated[
    str | None, typer.Option(metavar="A,B", help="Only these accounts.", show_default="all")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    keys = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys.")
    keys.command(
        "create",
        epilog=examples(
            "onetape keys create strategy",
            "onetape keys create dashboard --scopes read --accounts DU8730189 --days 90",
        ),
    )(create)
    keys.command("list", epilog=examples("onetape keys list"))(show)
    keys.command("revoke", epilog=examples("onetape keys revoke strategy"))(revoke)
    app.add_typer(keys, name="keys")


def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the key is called in logs.")],
    scopes: Annotated[
        str,
        typer.Option(metavar="S,S", help="What it may do: read, trade, admin, trade-live."),
    ] = "read,trade",
    accounts: Listed = None,
    days: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, max=DAYS_MAX, help="Days until it expires.", show_default="never"
        ),
    ] = None,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Make a key and print it, once: only its hash is kept."""
    from api.keys import BadKey, new_key

    settings, file = _opened(config)
    wanted = _parts(accounts) if accounts is not None else ()
    _check_accounts(settings, wanted, accounts)
    expires = None if days is None else _whole_seconds() + timedelta(days=days)
    try:
        secret, kept = new_key(name, _parts(scopes), accounts=wanted, expires_at=expires)
    except BadKey as error:
        raise Failure(_by_option(error), BAD_INPUT) from None
    file.change(lambda keys: _with(keys, kept))
    if as_json:
        put_json({"key": secret.reveal(), **_shown(kept)})
    else:
        typer.echo(secret.reveal())
    say(f"the key {name!r} is in force; it is shown this once, and {file.path} keeps its hash")


def show(config: options.Config = None, as_json: options.AsJson = False) -> None:
    """List the keys: what each is called and may do, never the key."""
    _, file = _opened(config)
    keys = file.read()
    if as_json:
        put_json({"keys": [_shown(key) for key in keys or ()]})
        return
    if not keys:
        asked = "no key is asked for" if keys is None else "nobody is let in"
        say(f"there are no keys in {file.path}: {asked}")
        return
    rows: list[tuple[str, ...]] = [("NAME", "ID", "SCOPES", "ACCOUNTS", "CREATED", "EXPIRES")]
    rows += [_row(key) for key in keys]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())


def revoke(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The key's name, or its id.")],
    config: options.Config = None,
) -> None:
    """Take a key back: its next call is refused and its open streams are closed."""
    _, file = _opened(config)
    file.change(lambda keys: _without(keys, name))
    say(f"the key {name!r} opens nothing any more; a running server closes its streams")


def _opened(config: options.Config) -> tuple[Settings, KeyFile]:
    from api.keyfile import KeyFile
    from api.settings import file_or_default, load

    settings = load(file_or_default(config))
    return settings, KeyFile(settings.server.keys_file)


def _with(keys: Keys, kept: StoredKey) -> Keys:
    if any(key.name == kept.name for key in keys):
        raise Failure(
            f"NAME is {kept.name!r}; expected a name that no key has yet: "
            "revoke that key first, or call this one otherwise",
            BAD_INPUT,
        )
    return (*keys, kept)


def _without(keys: Keys, name: str) -> Keys:
    left = tuple(key for key in keys if name not in (key.name, key.id))
    if len(left) == len(keys):
        known = ", ".join(key.name for key in keys) or "none"
        raise Failure(f"NAME is {name!r}; expected one of the keys: {known}", BAD_INPUT)
    return left


def _check_accounts(settings: Settings, wanted: tuple[str, ...], given: str | None) -> None:
    known = [account.id for account in settings.accounts]
    if given is not None and (not wanted or set(wanted).difference(known)):
        raise Failure(f"--accounts is {given!r}; expected some of {', '.join(known)}", BAD_INPUT)


def _by_option(error: ValueError) -> str:
    """A message about a key's field as one about the command line."""
    return str(error).replace("name is", "NAME is", 1).replace("scopes is", "--scopes is", 1)


def _parts(text: str) -> tuple[str, ...]:
    """The words between commas, each once."""
    return tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))


def _shown(key: StoredKey) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": key.scopes,
        "accounts": key.accounts,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
    }


def _row(key: StoredKey) -> tuple[str, ...]:
    expires = "never" if key.expires_at is None else f"{key.expires_at:%Y-%m-%d}"
    if key.has_expired(datetime.now(UTC).timestamp()):
        expires += " (expired)"
    return (
        key.name,
        key.id,
        ",".join(key.scopes),
        ",".join(key.accounts) or "all",
        f"{key.created_at:%Y-%m-%d}",
        expires,
    )


def _whole_seconds() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
