"""A symbol is stale when it was not heard of for the limit, fresh with the next word; each is told
once.
"""

from engine.staleness import LIMIT_NS, Change, Staleness


def test_each_change_is_told_once_and_together() -> None:
    watch = Staleness()
    watch.watch("A", 0)
    watch.watch("B", 5)
    watch.watch("A", 9)
    assert watch.wake_at == LIMIT_NS
    assert watch.changes(LIMIT_NS - 1) == []
    assert watch.changes(LIMIT_NS + 5) == [Change(True, ("A", "B"), 0)]
    assert watch.changes(LIMIT_NS + 6) == []
    assert Staleness().wake_at is None
    watch.heard("B", LIMIT_NS + 7)
    assert watch.changes(LIMIT_NS + 7) == [Change(False, ("B",))]
    assert watch.wake_at == 2 * LIMIT_NS + 7


def test_staleness_begins_at_the_limit() -> None:
    watch = Staleness(10)
    watch.heard("A", 100)
    assert not watch.is_stale("A", 109)
    assert watch.is_stale("A", 110)
    assert watch.is_stale("never heard of", 0)


def test_a_symbol_that_is_not_watched_any_more_is_not_told() -> None:
    watch = Staleness(10)
    watch.watch("A", 0)
    watch.forget("A")
    watch.forget("B")
    assert watch.changes(1000) == []
