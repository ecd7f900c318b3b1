"""What single dialects must remember: batches of targets, and questions asked of a client."""

from __future__ import annotations

from decimal import Decimal

from engine.facts.fact import Fact
from engine.targets import Outcome, Target
from engine.values import PromptAnswer


class BatchSubmitted(Fact, frozen=True, tag="batch_submitted"):
    """A client named the positions it wants, whole, before anything is ordered. ``client`` is the
    name of its key.
    """

    batch_id: str
    client: str
    targets: tuple[Target, ...]


class TargetAnswered(Fact, frozen=True, tag="target_answered"):
    """What became of one target of a batch: an order was placed or an earlier one kept, nothing was
    to be done, or it failed for the reason in ``message``. ``held`` is the position before.
    """

    batch_id: str
    symbol: str
    outcome: Outcome
    held: Decimal
    order_id: str = ""
    message: str = ""


class PromptRaised(Fact, frozen=True, tag="prompt_raised"):
    """A client was asked whether it means what it ordered, and the order is held back until it
    answers. ``held`` is what it asked for, a JSON text in its own words; ``confirmed`` names the
    questions about it that were answered yes before.
    """

    prompt_id: str
    message_id: str
    text: str
    held: str
    confirmed: tuple[str, ...] = ()


class PromptAnswered(Fact, frozen=True, tag="prompt_answered"):
    """A question was answered, or became void; what it held is carried out only if CONFIRMED."""

    prompt_id: str
    answer: PromptAnswer


class PromptsSuppressed(Fact, frozen=True, tag="prompts_suppressed"):
    """A client, named by its key, will not be asked these questions in its session any more; none
    of them: it will be asked all again.
    """

    client: str
    message_ids: tuple[str, ...]
