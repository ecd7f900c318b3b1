"""The mistakes: plausible ones, each a line that somebody could have written."""

from __future__ import annotations

from tests.mutants.answers import MUTANTS_OF_ANSWERS
from tests.mutants.brokers import MUTANTS_OF_BROKERS
from tests.mutants.trial import Mutant

_VALUATION = ("tests/engine/test_valuation.py",)
_CORE = (
    "tests/engine/test_core.py",
    "tests/engine/test_core_halting.py",
    "tests/engine/test_session.py",
    "tests/engine/test_intake.py",
)
_LIFE = ("tests/engine/test_lifecycle.py", "tests/engine/test_intake.py")
_PACKING = (
    "tests/adapters/tape_sqlite/test_packing.py",
    "tests/adapters/tape_sqlite/test_verify.py",
)
_CHAIN = ("tests/engine/tape", "tests/adapters/tape_sqlite/test_verify.py")
_SQLITE = (
    "tests/adapters/tape_sqlite/test_tape.py",
    "tests/adapters/tape_sqlite/test_recovery.py",
    "tests/adapters/tape_sqlite/test_committer.py",
    "tests/adapters/tape_sqlite/test_watermark.py",
)
_BOOKS = ("tests/engine/test_restate.py", "tests/engine/test_state.py")

_LIFECYCLE = "engine/lifecycle.py"
_MUTANTS_OF_LIFE = (
    Mutant(
        "a fill after a cancel is turned away",
        _LIFECYCLE,
        "        Step.CANCELLED: _CANCELLED,\n        Step.PARTLY_FILLED: _CANCELLED,\n",
        "        Step.CANCELLED: _CANCELLED,\n",
        _LIFE,
    ),
    Mutant(
        "what is unknown may be refused",
        _LIFECYCLE,
        "        Step.ACCEPTED: _OPEN,\n        Step.REJECTED: _REJECTED,\n"
        "        Step.MODIFIED: _UNKNOWN,\n",
        "        Step.ACCEPTED: _OPEN,\n        Step.REFUSED: _REJECTED,\n"
        "        Step.REJECTED: _REJECTED,\n        Step.MODIFIED: _UNKNOWN,\n",
        _LIFE,
    ),
    Mutant(
        "an order that never reached its broker counts as cancelled",
        _LIFECYCLE,
        "Step.NEVER_REACHED: _REJECTED",
        "Step.NEVER_REACHED: _CANCELLED",
        _LIFE,
    ),
    Mutant(
        "a fill on an order in flight does not fill it",
        _LIFECYCLE,
        "        Step.MODIFIED: _PENDING,\n        Step.PARTLY_FILLED: _PARTIAL,\n"
        "        Step.FILLED: _FILLED,\n",
        "        Step.MODIFIED: _PENDING,\n        Step.PARTLY_FILLED: _PARTIAL,\n"
        "        Step.FILLED: _PARTIAL,\n",
        _LIFE,
    ),
    Mutant(
        "what the table lacks is let through",
        _LIFECYCLE,
        "    if following is None:\n",
        "    if following is None and status is _UNKNOWN:\n",
        _LIFE,
    ),
)

_MUTANTS_OF_CORE = (
    Mutant(
        "a repeated client order id places another order",
        "engine/core.py",
        "            if known is not None:\n                return _again(known, request)\n",
        "            if known is not None and known.request != request:\n"
        "                return _again(known, request)\n",
        _CORE,
    ),
    Mutant(
        "another request under the same client order id is taken for a repeat",
        "engine/core.py",
        "    if known.request != request:\n        raise DuplicateClientOrderId",
        "    if known.account != known.account:\n        raise DuplicateClientOrderId",
        _CORE,
    ),
    Mutant(
        "an order through zero is not weighed",
        "engine/funds.py",
        "return (held < ZERO) is (request.side is _BUY) and quantity <= abs(held)",
        "return (held < ZERO) is (request.side is _BUY)",
        ("tests/engine/test_funds.py", "tests/engine/test_intent.py"),
    ),
    Mutant(
        "a short sale ties up nothing",
        "engine/valuation.py",
        "return free + owed + owed if owed else free",
        "return free + owed if owed else free",
        _VALUATION,
    ),
    Mutant(
        "a short at a price below zero frees margin",
        "engine/valuation.py",
        "        if is_unlevered and value >= ZERO:\n",
        "        if is_unlevered and quantity > ZERO:\n",
        _VALUATION,
    ),
    Mutant(
        "a contract bought is worth what it ties up, at any price",
        "engine/valuation.py",
        "if is_unlevered and multiplier is ONE and quantity > ZERO:",
        "if is_unlevered and quantity > ZERO:",
        _VALUATION,
    ),
    Mutant(
        "what falls due sooner than it did is not seen",
        "engine/backtest.py",
        "            if broker.next_due is not due:",
        "            if i > due_row:",
        ("tests/engine/test_backtest.py",),
    ),
    Mutant(
        "a series of several times at once counts as even",
        "engine/market/merge.py",
        " and bool((numbers == row).all())",
        "",
        ("tests/engine/market/test_merge.py", "tests/engine/test_backtest.py"),
    ),
    Mutant(
        "an order is sent though its intent is not on the tape",
        "engine/core.py",
        "role in _CLIENTS)",
        "role not in _CLIENTS)",
        _CORE,
    ),
    Mutant(
        "a cancel may be asked for twice",
        "engine/core.py",
        "if status is _LEAVING and not again:",
        "if status is _LEAVING and again:",
        _CORE,
    ),
    Mutant(
        "an order that ended can be cancelled",
        "engine/core.py",
        "if order.status in FINAL:\n            raise OrderNotModifiable(order_id, order",
        "if order.status is _REJECTED:\n            raise OrderNotModifiable(order_id, order",
        _CORE,
    ),
    Mutant(
        "a halt by decision stops nothing",
        "engine/core.py",
        'self.state.trading_state == "HALT"',
        'self.state.trading_state == "HALTED"',
        _CORE,
    ),
    Mutant(
        "a full disk takes new orders",
        "engine/core.py",
        " or not self.tape.has_room()",
        "",
        _CORE,
    ),
    Mutant(
        "a fact on a dead tape is numbered like the one before",
        "engine/session.py",
        "record = Record(self.state.seq + 1, self.now",
        "record = Record(self.state.seq, self.now",
        _CORE,
    ),
    Mutant(
        "listeners hear of a fact before it is folded",
        "engine/session.py",
        "        self.state.apply(record)\n        for listener in self.listeners:\n"
        "            listener(record)\n",
        "        for listener in self.listeners:\n            listener(record)\n"
        "        self.state.apply(record)\n",
        _CORE,
    ),
    Mutant(
        "an order of another account is found",
        "engine/session.py",
        "if order is None or order.account != account_id:",
        "if order is None:",
        _CORE,
    ),
    Mutant(
        "the same execution counts twice",
        "engine/intake.py",
        "if report.execution_id and state.execution",
        "if not report.execution_id and state.execution",
        _CORE,
    ),
    Mutant(
        "an execution of nothing is believed",
        "engine/intake.py",
        "if report.quantity <= ZERO:",
        "if report.quantity < ZERO:",
        _CORE,
    ),
)

_MUTANTS_OF_BOOKS = (
    Mutant(
        "a correction leaves the order's filled quantity alone",
        "engine/restate.py",
        "    order.filled += quantity - trade.quantity\n",
        "",
        _BOOKS,
    ),
    Mutant(
        "a correction moves cash the wrong way",
        "engine/restate.py",
        "exact_product(exact_difference(before, after), instrument.multiplier)",
        "exact_product(exact_difference(after, before), instrument.multiplier)",
        _BOOKS,
    ),
)

_MUTANTS_OF_TAPE = (
    Mutant(
        "the hash leaves the one before it out",
        "engine/tape/chain.py",
        "hashed.update(previous + body)",
        "hashed.update(GENESIS + body)",
        _CHAIN,
    ),
    Mutant(
        "the hash leaves a record's last byte out",
        "engine/tape/chain.py",
        "hashed.update(previous + body)",
        "hashed.update(previous + body[:-1])",
        _CHAIN,
    ),
    Mutant(
        "the digest of a part leaves the cause out",
        "engine/tape/digests.py",
        "record.account, cause, event))",
        "record.account, 0, event))",
        _CHAIN,
    ),
    Mutant(
        "every record of a group is chained to the one before the group",
        "adapters/tape_sqlite/group.py",
        "last := link(last, body)",
        "last := link(self.last_hash, body)",
        _SQLITE,
    ),
    Mutant(
        "a missing record goes unnoticed",
        "engine/tape/verify.py",
        "if seq != head + 1:",
        "if seq < head + 1:",
        _CHAIN,
    ),
    Mutant(
        "a wrong hash goes unnoticed",
        "engine/tape/verify.py",
        "if stored != link(previous, body):",
        "if stored[:0] != link(previous, body)[:0]:",
        _CHAIN,
    ),
    Mutant(
        "a record is taken for whichever its place says",
        "adapters/tape_sqlite/packing.py",
        "if stored_seq != seq:",
        "if stored_seq < 0:",
        _PACKING,
    ),
    Mutant(
        "bytes after a group's last record go unnoticed",
        "adapters/tape_sqlite/packing.py",
        " or (seq == last and end < len(bodies))",
        "",
        _PACKING,
    ),
    Mutant(
        "a record counts as durable before it is stored",
        "adapters/tape_sqlite/tape.py",
        "return self._group.stored_seq if self._waits_for_disk else self._head",
        "return self._head",
        _SQLITE,
    ),
    Mutant(
        "a tape whose sync failed goes on",
        "adapters/tape_sqlite/tape.py",
        "        self.failed = error\n",
        "        self.failed = None\n",
        _SQLITE,
    ),
    Mutant(
        "a command is cut in two by a commit",
        "adapters/tape_sqlite/committer.py",
        "                self._tape.commit(mark)\n",
        "                self._tape.commit()\n",
        _SQLITE,
    ),
    Mutant(
        "a tape shorter than it was is opened",
        "adapters/tape_sqlite/watermark.py",
        "if mark.seq > head:",
        "if mark.seq > head + 1000:",
        _SQLITE,
    ),
    Mutant(
        "another tape in its place is opened",
        "adapters/tape_sqlite/watermark.py",
        "if tape_id is not None and tape_id != mark.tape_id:",
        "if tape_id is None and mark.seq < 0:",
        _SQLITE,
    ),
    Mutant(
        "records stored before are stored again",
        "adapters/tape_sqlite/group.py",
        "del self._bodies[:count], self._links[:count]",
        "del self._bodies[: count - 1], self._links[: count - 1]",
        _SQLITE,
    ),
)

_DEBTS = ("tests/engine/test_debts.py",)
_MUTANTS_OF_PROTECTION = (
    Mutant(
        "legs come back while the close may still fill",
        "engine/debts.py",
        "if not close.is_final or any(",
        "if any(",
        _DEBTS,
    ),
    Mutant(
        "legs come back that a client cancelled",
        "engine/debts.py",
        " and leg.leaving != BY_CLIENT",
        "",
        _DEBTS,
    ),
    Mutant(
        "legs come back twice",
        "engine/debts.py",
        "        owed -= sum((_returned(leg, close) for leg in own), ZERO)\n",
        "",
        _DEBTS,
    ),
    Mutant(
        "legs come back for another position",
        "engine/debts.py",
        "if position is None or int(position.id[4:]) > number_of(close):",
        "if position is None:",
        _DEBTS,
    ),
    Mutant(
        "legs of a busted entry pass to what is held beside",
        "engine/corrections.py",
        "if told > trade.quantity:",
        "if told < trade.quantity:",
        ("tests/engine/test_restored.py",),
    ),
)

MUTANTS = (
    *_MUTANTS_OF_LIFE,
    *_MUTANTS_OF_PROTECTION,
    *_MUTANTS_OF_CORE,
    *_MUTANTS_OF_BOOKS,
    *_MUTANTS_OF_TAPE,
    *MUTANTS_OF_ANSWERS,
    *MUTANTS_OF_BROKERS,
)
