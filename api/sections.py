"""Sections of the settings that concern brokers and margin, and the root of all sections."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from api.secret import Secret

SIMULATOR = "simulator"
"""The broker that is always there."""


class Section(BaseModel):
    """The root of all sections: closed, so that a misspelt name is found."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Broker(Section):
    """A broker behind a line, that accounts can be served from."""

    kind: str = Field(
        min_length=1, max_length=32, description="What speaks to it; the guides name the kinds."
    )
    options: dict[str, str | int | float | bool] = Field(
        default={}, description="What that kind takes, such as a host and a port."
    )
    secrets: dict[str, Secret] = Field(
        default={}, description="What that kind takes and nobody may read, such as a key."
    )
    symbols: list[str] = Field(
        default=[], description="What it quotes from the start, whether or not anybody asks."
    )
    answer_timeout_s: float = Field(
        default=10.0,
        gt=0,
        le=300,
        description="Longest wait for the answer to an order; after it the outcome is unknown.",
    )
    query_timeout_s: float = Field(
        default=30.0, gt=0, le=600, description="Longest wait for connecting, or for its books."
    )
    patience_ms: int = Field(
        default=1_000,
        ge=0,
        le=30_000,
        description="How long a new order waits for the broker before it is answered as PENDING.",
    )


class Margin(Section):
    """When an account is told that its margin runs out."""

    warning_share: Decimal = Field(
        default=Decimal("0.8"),
        gt=0,
        description="MARGIN_WARNING when margin in use exceeds this share of equity.",
    )
    call_share: Decimal = Field(
        default=Decimal(1),
        gt=0,
        description="MARGIN_CALL when margin in use exceeds this share of equity.",
    )

    @field_validator("call_share")
    @classmethod
    def _is_worse(cls, call: Decimal, info: ValidationInfo) -> Decimal:
        warning = info.data.get("warning_share")
        if warning is not None and call < warning:
            raise ValueError(f"expected a number of at least warning_share, which is {warning}")
        return call
