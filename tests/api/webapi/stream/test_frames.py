"""A frame is a topic, what it is about, and arguments; each part but the first may be absent."""

from __future__ import annotations

from typing import Any

import pytest

from api.webapi.stream import frames
from engine.errors import InvalidRequest


@pytest.mark.parametrize(
    ("text", "topic", "targets", "arguments"),
    [
        ('smd+265598+{"fields":["31","84"]}', "smd", ("265598",), {"fields": ["31", "84"]}),
        ("umd+265598+{}", "umd", ("265598",), {}),
        ('sor+{"filters": ["Submitted"]}', "sor", (), {"filters": ["Submitted"]}),
        ("spl", "spl", (), {}),
        ("usd+DU1", "usd", ("DU1",), {}),
        ("sbd+DU1+265598+NASDAQ", "sbd", ("DU1", "265598", "NASDAQ"), {}),
        (' smd+265598@ARCA+{"a":"+{"}\n', "smd", ("265598@ARCA",), {"a": "+{"}),
        ('{"session":"abc"}', "", (), {"session": "abc"}),
        ("", "", (), {}),
    ],
)
def test_a_frame_falls_into_its_parts(
    text: str, topic: str, targets: tuple[str, ...], arguments: dict[str, Any]
) -> None:
    frame = frames.read(text)
    assert frame == (topic, targets, arguments)
    assert frame.target == (targets[0] if targets else "")


@pytest.mark.parametrize("text", ["smd+1+{", "sor+{]}", 'sor+{"a":1}x', "smd+1+{" + "[" * 9_999])
def test_arguments_that_are_no_object_are_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="body"):
        frames.read(text)
