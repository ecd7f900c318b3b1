"""The command `onetape`: its commands registered, and every error turned into one line and a code.

Exit codes: 0 when the job is done, 1 when it failed, 2 when what was typed can not be used, 130
when interrupted. A traceback means a bug here and nothing else.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.exceptions import TyperException

from api.commands import (
    backtest,
    config,
    demo,
    keys,
    reconcile,
    replay,
    serve,
    tape,
    verify,
    version,
    worker,
)
from api.commands.terminal import BAD_INPUT, FAILED, Failure, say, say_error
from api.settings import SettingsError
from engine.errors import EngineError
from engine.tape.errors import NotATape, TapeError

INTERRUPTED = 130

app = typer.Typer(
    name="onetape",
    help="One durable order tape for every broker, served through the trading APIs people use.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for command in (
    demo,
    serve,
    backtest,
    worker,
    reconcile,
    keys,
    config,
    tape,
    verify,
    replay,
    version,
):
    command.register(app)


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line; the exit code, with whatever went wrong said on stderr."""
    try:
        code = app(list(arguments), prog_name="onetape", standalone_mode=False)
    except TyperException as error:
        return _misused(error, arguments)
    except Failure as error:
        say_error(str(error))
        return error.code
    except (SettingsError, NotATape) as error:
        say_error(str(error))
        return BAD_INPUT
    except (EngineError, TapeError, OSError) as error:
        say_error(str(error))
        return FAILED
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    return int(code or 0)


def _misused(error: TyperException, arguments: Sequence[str]) -> int:
    """Say what of the command line can not be used, and where to read more."""
    message = error.format_message()
    if message:  # without a command the help has been printed, and that is all
        say_error(message)
        registered: tuple[Any, ...] = (*app.registered_commands, *app.registered_groups)
        known = [each.name for each in registered if each.name in arguments[:1]]
        say(" ".join(["try: onetape", *filter(None, known), "--help"]))
    return error.exit_code


def main() -> None:
    """The entry point of the installed command."""
    sys.exit(run(sys.argv[1:]))
