"""What a client says on the stream: a topic, what it is about, and arguments, in one line of text.

`smd+265598+{"fields":["31"]}` is a topic, a target and a JSON object; each part but the first may
be left out. A frame that is nothing but a JSON object has no topic.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from api.webapi.reading import as_object

TARGETS_MAX = 4


class Frame(NamedTuple):
    """One thing said. ``targets`` are the parts between the topic and the arguments."""

    topic: str
    targets: tuple[str, ...]
    arguments: dict[str, Any]

    @property
    def target(self) -> str:
        """What it is about; empty where nothing is named."""
        return self.targets[0] if self.targets else ""


def read(text: str) -> Frame:
    """The frame that ``text`` is; raises InvalidRequest for arguments that are no JSON object."""
    head, brace, tail = text.strip().partition("{")
    arguments = as_object((brace + tail).encode()) if brace else {}
    parts = [part.strip() for part in head.split("+", TARGETS_MAX)]
    return Frame(parts[0], tuple(part for part in parts[1:] if part), arguments)
