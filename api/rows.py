"""A list of objects in a body, each read by the same form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.forms import Form, Schema, invalid


@dataclass(frozen=True)
class Rows:
    """One to ``most`` objects; in errors their fields are named ``name[place].field``."""

    form: Form
    meaning: str
    most: int
    is_list = False
    plain = None

    def read(self, name: str, value: Any) -> list[dict[str, Any]]:
        """The values of every object by name."""
        if type(value) is not list or not 0 < len(value) <= self.most:
            raise invalid(name, value, f"a list of 1 to {self.most} objects")
        rows = []
        for place, row in enumerate(value):
            if type(row) is not dict:
                raise invalid(f"{name}[{place}]", row, "an object")
            rows.append(self.form.take(row, f"{name}[{place}]."))
        return rows

    def read_text(self, name: str, text: Any) -> list[dict[str, Any]]:
        """A query can not hold objects."""
        raise invalid(name, text, "a list of objects in a JSON body")

    def schema(self) -> Schema:
        """An array of the form's objects."""
        return {
            "type": "array",
            "items": self.form.schema(),
            "minItems": 1,
            "maxItems": self.most,
            "description": self.meaning,
        }
