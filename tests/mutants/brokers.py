"""Mistakes in what stands between the engine and a broker: evidence, reconciliation, the line."""

from __future__ import annotations

from tests.mutants.trial import Mutant

_WORLDS = ("tests/simulation/test_seeds.py::test_no_world_breaks_a_promise[0]",)
_CUTS = ("tests/simulation/test_cuts.py",)
_RECONCILE = ("tests/engine/test_reconcile.py", "tests/engine/test_adoption.py")
_EVIDENCE = ("tests/engine/test_evidence.py", "tests/engine/test_searches.py")
_LINE = ("tests/engine/test_line.py", "tests/engine/test_dispatch.py")
_CARE = ("tests/engine/test_caution.py", "tests/engine/test_hearing.py")
_STEADY = ("tests/engine/test_breaker.py", "tests/engine/test_pacing.py")

MUTANTS_OF_BROKERS = (
    Mutant(
        "two lookups are proof enough",
        "engine/evidence.py",
        "LOOKUPS_MIN = 3",
        "LOOKUPS_MIN = 2",
        _EVIDENCE,
    ),
    Mutant(
        "an incomplete lookup counts as evidence",
        "engine/evidence.py",
        "if complete and asked_at >= self._visible_at:",
        "if asked_at >= self._visible_at:",
        _EVIDENCE,
    ),
    Mutant(
        "the first lookup that finds nothing proves that the order never arrived",
        "engine/evidence.py",
        "return self._blanks >= LOOKUPS_MIN and",
        "return self._blanks >= 1 or",
        _EVIDENCE,
    ),
    Mutant(
        "an order that was acknowledged is proven never to have arrived",
        "engine/searches.py",
        "if search.is_proven and not order.broker_ids and not order.filled:",
        "if search.is_proven:",
        _EVIDENCE,
    ),
    Mutant(
        "reconciling without an order in the snapshot guesses that it is cancelled",
        "engine/reconcile.py",
        "self._engine.write(order.account, ev.OrderOutcomeUnknown(order.id, why))",
        "self._engine.write(order.account, ev.OrderCancelled(order.id, why))",
        _RECONCILE,
    ),
    Mutant(
        "a position that differs is left alone",
        "engine/reconcile.py",
        "elif dispute is None or dispute.difference != theirs - ours:",
        "elif dispute is not None and dispute.difference != theirs - ours:",
        _RECONCILE,
    ),
    Mutant(
        "a dispute that is settled stays open",
        "engine/reconcile.py",
        "if ours == theirs:",
        "if ours == theirs and dispute is None:",
        _RECONCILE,
    ),
    Mutant(
        "what was traded before the books began counts again",
        "engine/adoption.py",
        "return order.origin is Origin.EXTERNAL and executed_at <= since",
        "return order.origin is Origin.EXTERNAL and executed_at < 0 * since",
        _RECONCILE,
    ),
    Mutant(
        "an execution taken back stays in the books",
        "engine/corrections.py",
        "elif known and engine.state.trades[known].quantity:",
        "elif known and not engine.state.trades[known].quantity:",
        _WORLDS,
    ),
    Mutant(
        "nobody is told of a position that lost its protection",
        "engine/unprotected.py",
        "if now < held:",
        "if held < now:",
        _WORLDS,
    ),
    Mutant(
        "an older correction that comes late undoes the newer one",
        "engine/corrections.py",
        " and report.revision >= trade.revision",
        "",
        ("tests/engine/test_reconcile_lives.py", "tests/engine/test_intake.py"),
    ),
    Mutant(
        "a cancel that was lost is forgotten",
        "engine/explanations.py",
        "if order.leaving:",
        "if order.leaving and order.is_final:",
        ("tests/engine/test_explanations.py",),
    ),
    Mutant(
        "an order in doubt is sent",
        "engine/dispatch.py",
        "elif isinstance(one, Submit) and order.status is Status.UNKNOWN:",
        "elif isinstance(one, Submit) and order.status is Status.FILLED:",
        _LINE,
    ),
    Mutant(
        "an instruction without an answer is sent again",
        "engine/dispatch.py",
        "                self._engine.report(OutcomeUnknown(instruction.order.id, why))",
        "                self._engine.outbox.append(instruction)",
        _CUTS,
    ),
    Mutant(
        "nobody waits for an answer in limited time",
        "engine/dispatch.py",
        "if now - one.sent_at >= limit]",
        "if now - one.sent_at >= 1000 * limit]",
        _LINE,
    ),
    Mutant(
        "what was under way when the line broke is taken for done",
        "engine/line.py",
        '        self.dispatch.lost(f"the line was lost: {why}")\n',
        "",
        _LINE,
    ),
    Mutant(
        "a line is connected before its books are compared",
        "engine/line.py",
        "            self._state = LineState.SYNCING\n            self._begin_sync(now)\n",
        "            self._state = _UP\n            self._begin_sync(now)\n",
        _LINE,
    ),
    Mutant(
        "after a crash nothing is in doubt",
        "engine/session.py",
        "            if is_in_flight(order):",
        "            if is_in_flight(order) and order.broker_ids:",
        ("tests/engine/test_line.py", "tests/engine/test_session.py"),
    ),
    Mutant(
        "new risk passes while an order is in doubt",
        "engine/caution.py",
        "if not unknown and state.doubts.dispute(account.id, symbol) is None:",
        "if unknown or state.doubts.dispute(account.id, symbol) is None:",
        _CARE,
    ),
    Mutant(
        "nobody is told of an order that traded too much",
        "engine/hearing.py",
        "order.filled > order.quantity",
        "order.filled > order.quantity + order.quantity",
        _WORLDS,
    ),
    Mutant(
        "four failures are needed to stop orders",
        "engine/breaker.py",
        "FAILURES_MAX = 3",
        "FAILURES_MAX = 4",
        _STEADY,
    ),
    Mutant(
        "orders may use up what is set aside for cancels",
        "engine/pacing.py",
        "RESERVED_PERCENT = 20",
        "RESERVED_PERCENT = 0",
        _STEADY,
    ),
)
