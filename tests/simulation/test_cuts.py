"""A command is disturbed at every step of its way: the line is cut, or the engine is killed.

Every message that leaves and every one that arrives is a step. Step by step, until the command
passes untouched: the broker has exactly one order, both sides agree on its final state, and the
tape tells the story in an order that could have happened.
"""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.tape_sqlite.tape import SqliteTape
from engine.orders import Order
from engine.requests import OrderChange
from engine.values import Status
from tests.api.command import onetape
from tests.builders import order
from tests.simulation.clients import Command, Reply
from tests.simulation.network import FAIR
from tests.simulation.world import World

STEPS_MAX = 40
ACCOUNT = "DU1"
REQUEST = order(quantity=10, limit_price=90, client_order_id="c1")
CHANGE = OrderChange(quantity=Decimal(7), limit_price=Decimal(91))


class Scene(World):
    """A world in fair weather, where nothing goes wrong but what the test does."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.fate.stop()
        self.network.conditions = FAIR
        self.replies: list[Reply] = []
        for client in self.clients:
            client.left = 0
        self.boot()
        self.let_pass(2)

    def give(self, command: Command) -> None:
        """Let a client ask for something."""
        self.pass_on(command, self.replies.append)

    def let_pass(self, seconds: float) -> None:
        """Live on, with every check after every step."""
        self._pass(seconds)

    @property
    def order(self) -> Order:
        """The only order."""
        (one,) = self._living().engine.state.orders.values()
        return one

    def agrees(self) -> None:
        """Everything that must hold in the end does."""
        self._check_quiet()
        self._check_end()

    def placed(self) -> str:
        """Place the order, undisturbed; its id."""
        self.give(Command(ACCOUNT, REQUEST))
        self.let_pass(2)
        return self.order.id


def submit(_order_id: str) -> Command:
    return Command(ACCOUNT, REQUEST)


def modify(order_id: str) -> Command:
    return Command(ACCOUNT, order_id=order_id, change=CHANGE)


def cancel(order_id: str) -> Command:
    return Command(ACCOUNT, order_id=order_id)


def disturbed(make: Callable[[str], Command], step: int, how: str) -> tuple[Scene, int]:
    """A scene in which the command was disturbed at a step; how many steps it took."""
    scene = Scene(step)
    order_id = "" if make is submit else scene.placed()
    network = scene.network
    network.steps, network.cut_at = 0, step
    if how == "killed":
        network.cut = scene.crash
    scene.give(make(order_id))
    scene.let_pass(4)
    taken = network.steps
    network.cut_at = 0
    scene.let_pass(90)
    if not scene.venue.orders:  # it never reached the broker, and the client asks again
        assert scene.order.status is Status.REJECTED
        assert "never reached the broker: 3 complete lookups" in scene.order.message
        return scene, taken
    scene.agrees()
    return scene, taken


@pytest.mark.parametrize("how", ["cut", "killed"])
@pytest.mark.parametrize("make", [submit, modify, cancel])
def test_a_command_disturbed_at_any_step_leaves_one_order_on_which_both_sides_agree(
    make: Callable[[str], Command], how: str
) -> None:
    ends = set()
    for step in range(1, STEPS_MAX):
        scene, taken = disturbed(make, step, how)
        ids = [client_id for _, client_id in scene.venue.received]
        assert len(ids) == len(set(ids)) == len(scene.venue.orders) <= 1
        one = scene.order
        ends.add((one.status.value, str(one.quantity)))
        if step > taken:
            break
    else:
        pytest.fail("the command never passed untouched")
    assert step > 3
    expected = {
        submit: {("OPEN", "10"), ("REJECTED", "10")},
        modify: {("OPEN", "10"), ("OPEN", "7")},
        cancel: {("CANCELLED", "10")},
    }[make]
    assert ends <= expected
    assert (one.status.value, str(one.quantity)) == sorted(expected)[0 if make is not modify else 1]


STORIES = {
    submit: ["order_submitted", "order_outcome_unknown", "order_resolved"],
    modify: [
        "order_submitted",
        "order_accepted",
        "order_modify_requested",
        "order_outcome_unknown",
        "difference_found",
        "order_modified",
    ],
    cancel: [
        "order_submitted",
        "order_accepted",
        "order_cancel_requested",
        "order_outcome_unknown",
        "difference_found",
        "order_cancelled",
    ],
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("make", STORIES)
def test_the_command_line_tells_the_story_of_an_order_whose_answer_was_cut_off(
    make: Callable[[str], Command], tmp_path: Path
) -> None:
    scene, _ = disturbed(make, 3, "cut")
    file = tmp_path / "cut.tape"
    tape = SqliteTape.open(file)
    for one in scene.records():
        tape.append(one.ts, one.account, one.causation, one.event)
    tape.close()
    told = onetape("tape", file, "--order", scene.order.id)
    assert told.returncode == 0, told.stderr
    kinds = [json.loads(line)["type"] for line in told.stdout.splitlines()]
    places = [kinds.index(kind) for kind in STORIES[make]]
    assert places == sorted(places)
