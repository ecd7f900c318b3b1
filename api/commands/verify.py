"""`onetape verify FILE`: whether a tape is whole, from its first record to its last."""

from __future__ import annotations

import typer

from api.commands import options
from api.commands.terminal import Failure, busy, examples, put_json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("verify", epilog=examples("onetape verify onetape.tape"))(verify)


def verify(
    file: options.TapeFile,
    as_json: options.AsJson = False,
) -> None:
    """Check every record's number and hash; exit 1 and name the first one that is wrong."""
    from api.compose import verify_tape

    with busy(f"verifying {file}"):
        report = verify_tape(file)
    if as_json:
        put_json(
            {
                "ok": report.ok,
                "records": report.records,
                "tape_id": report.tape_id,
                "tape_digest": report.last_hash.hex(),
                "first_bad_seq": report.first_bad_seq,
                "reason": report.reason,
            }
        )
    elif report.ok:
        typer.echo(f"whole: {report.records} records")
        typer.echo(f"tape   {report.tape_id or '-'}")
        typer.echo(f"digest {report.last_hash.hex()}")
    if not report.ok:
        raise Failure(f"{file} is good for {report.records} records: {report.reason}")
