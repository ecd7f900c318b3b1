"""Mistakes about answers that must wait for the disk."""

from tests.mutants.trial import Mutant

_WHOLE = ("tests/api/test_whole.py",)
_GROUPING = ("tests/api/test_grouping.py",)

MUTANTS_OF_ANSWERS = (
    Mutant(
        "a command is answered before it is on disk",
        "api/endpoints.py",
        "floor.when_settled(late)",
        "late(None)",
        _WHOLE,
    ),
    Mutant(
        "an order that is not on disk is answered as placed",
        "api/endpoints.py",
        "given.is_refusal or operation.only_reads:",
        "given.is_refusal or operation.scope is Scope.TRADE:",
        _WHOLE,
    ),
    Mutant(
        "an answer that was held lets nobody else's go out",
        "api/whole.py",
        "        self._on_response()\n",
        "        self._cycle.on_response()\n",
        _WHOLE,
    ),
    Mutant(
        "a refusal that closes the connection leaves it open",
        "api/whole.py",
        "        cycle.keep_alive = False\n    elif",
        "        cycle.keep_alive = True\n    elif",
        _WHOLE,
    ),
    Mutant(
        "an answer that can not be given is silence",
        "api/endpoints.py",
        "held.drop()",
        "pass",
        _WHOLE,
    ),
    Mutant(
        "a stop leaves behind what is under way",
        "api/connection.py",
        "            self.tasks.add(task)\n",
        "            self.tasks.discard(task)\n",
        ("tests/api/test_connection.py",),
    ),
    Mutant(
        "a full group waits for the loop to rest",
        "api/grouping.py",
        "if head - self._begun >= GROUP_FACTS:",
        "if head - self._begun < 0:",
        _GROUPING,
    ),
    Mutant(
        "a group waits for as long as others join it",
        "api/grouping.py",
        " and monotonic() < self._closes_at:",
        ":",
        _GROUPING,
    ),
)
