"""An order never reached its broker only after three blank, complete lookups over ten seconds."""

import pytest

from engine.backoff import Backoff
from engine.evidence import Search
from engine.values import NANOSECONDS

SECOND = NANOSECONDS


def search(delay: int = 0) -> Search:
    return Search(0, delay, Backoff(lambda: 0.5))


def blanks(found: Search, *seconds: float, complete: bool = True) -> Search:
    for each in seconds:
        at = int(each * SECOND)
        found.asked()
        found.found_nothing(at, at, complete)
    return found


@pytest.mark.parametrize(
    ("seconds", "proven"),
    [
        ((0, 10), False),
        ((0, 5, 10), True),
        ((0, 5, 9.99), False),
        ((0, 5, 9.99, 10), True),
        ((0, 0, 0, 0, 0), False),
    ],
)
def test_the_rule_holds_at_its_edges(seconds: tuple[float, ...], proven: bool) -> None:
    assert blanks(search(), *seconds).is_proven is proven


def test_a_source_that_is_not_complete_proves_nothing() -> None:
    assert not blanks(search(), 0, 5, 10, 15, complete=False).is_proven


def test_lookups_within_the_delay_of_the_broker_prove_nothing() -> None:
    early = blanks(search(20 * SECOND), 0, 5, 10, 19.99)
    assert not early.is_proven
    assert not blanks(early, 20, 25).is_proven
    assert blanks(early, 30).is_proven


def test_the_first_lookup_waits_for_the_delay_and_the_next_keep_their_distance() -> None:
    found = search(2 * SECOND)
    assert found.next_at == 2 * SECOND
    blanks(found, 2)
    assert found.next_at == 7 * SECOND
    assert not found.is_asking


def test_a_lookup_that_failed_proves_nothing_and_is_made_again_later() -> None:
    found = search()
    found.asked()
    assert found.is_asking
    found.failed(3 * SECOND)
    assert (found.is_asking, found.is_proven) == (False, False)
    assert found.next_at >= 4 * SECOND


def test_looking_goes_on_for_ever_at_growing_distances() -> None:
    found, now = search(), 0
    gaps = []
    for _ in range(40):
        found.asked()
        found.found_nothing(now, now, True)
        gaps.append(found.next_at - now)
        now = found.next_at
    assert gaps[:2] == [5 * SECOND, 5 * SECOND]
    assert max(gaps) == 30 * SECOND


def test_the_evidence_is_put_in_words() -> None:
    assert str(blanks(search(), 1, 6, 11)) == "3 complete lookups over 10.0 s found nothing"
