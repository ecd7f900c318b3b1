"""Questions are facts: open until answered, the same after a restart, bounded in number."""

import pytest

from engine import prompts
from engine.prompts import OPEN_MAX
from engine.state import State
from engine.values import PromptAnswer
from tests.builders import ACCOUNT, World, fold


def test_a_question_is_open_until_it_is_answered() -> None:
    world = World()
    prompt = prompts.ask(world.engine, ACCOUNT, "o163", "Are you sure?", '{"orders":[]}')
    assert world.state.prompts.open(ACCOUNT) == [prompt]
    assert world.state.prompts.open("another") == []
    prompts.answer(world.engine, prompt, PromptAnswer.DECLINED)
    assert world.state.prompts.find(prompt.id) is None
    assert world.facts()[-2:] == ["PromptRaised", "PromptAnswered"]


def test_an_open_question_is_there_after_a_restart_and_in_a_snapshot() -> None:
    world = World()
    prompt = prompts.ask(world.engine, ACCOUNT, "o163", "Sure?", "{}", ("o451",))
    assert world.restart().state.prompts.open() == [prompt]
    assert State.from_bytes(world.state.to_bytes()).prompts.open() == [prompt]
    assert fold(world.tape.records()).to_bytes() == world.state.to_bytes()


def test_the_oldest_question_expires_when_there_are_too_many() -> None:
    world = World()
    raised = [
        prompts.ask(world.engine, ACCOUNT, "o163", "Sure?", str(n)) for n in range(OPEN_MAX + 1)
    ]
    assert world.state.prompts.open() == raised[1:]
    assert world.facts().count("PromptAnswered") == 1


@pytest.mark.parametrize("seq_apart", [1, 2])
def test_no_two_questions_have_the_same_id(seq_apart: int) -> None:
    world = World()
    ids = {
        prompts.ask(world.engine, ACCOUNT, "o163", "Sure?", "{}").id for _ in range(seq_apart + 1)
    }
    assert len(ids) == seq_apart + 1
    assert {len(one) for one in ids} == {36}
