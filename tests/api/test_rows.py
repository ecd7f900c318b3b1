"""A list of objects is read row by row, and what is wrong is named by its place."""

from __future__ import annotations

from typing import Any

import pytest

from api.fields import Text, Whole
from api.forms import Form
from api.rows import Rows
from engine.errors import InvalidRequest

ROWS = Rows(Form({"name": Text("A name"), "size": Whole("A size", 0, 9)}, ("name",)), "Rows", 3)


def test_every_row_is_read() -> None:
    assert ROWS.read("rows", [{"name": "a"}, {"name": "b", "size": 1}]) == [
        {"name": "a"},
        {"name": "b", "size": 1},
    ]


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (None, "rows"),
        ([], "rows"),
        ([{"name": "a"}] * 4, "rows"),
        ([{"name": "a"}, 5], "rows[1]"),
        ([{"name": "a"}, {}], "rows[1].name"),
        ([{"name": "a", "size": 10}], "rows[0].size"),
        ([{"name": "a", "nme": 1}], "rows[0].nme"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(value: Any, field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        ROWS.read("rows", value)
    assert refused.value.details["field"] == field


def test_a_query_can_not_hold_rows() -> None:
    with pytest.raises(InvalidRequest):
        ROWS.read_text("rows", "[]")


def test_the_rows_are_described() -> None:
    schema = ROWS.schema()
    assert (schema["minItems"], schema["maxItems"]) == (1, 3)
    assert schema["items"]["required"] == ["name"]
