"""What ctx offers beside its broker: time, parameters, lines, figures, intervals."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.errors import InvalidRequest
from engine.market.timeframes import MINUTE_NS
from tests.engine.worker.kit import Trial, prices


def test_now_is_simulated_and_exact() -> None:
    made = Trial("def setup(ctx): pass", prices(1, 2))
    made.step(2)
    assert made.run.ctx.now == datetime(1970, 1, 1, 0, 2, tzinfo=UTC)
    assert made.run.ctx.now_ns == 2 * MINUTE_NS


def test_parameters_can_be_read_but_not_written() -> None:
    made = Trial("def setup(ctx): pass", prices(1), params={"fast": 3})
    assert made.run.ctx.params.get("fast", 9) == 3
    with pytest.raises(TypeError):
        made.run.ctx.params["fast"] = 4  # type: ignore[index]  # the point


def test_lines_have_levels_and_fill_places() -> None:
    made = Trial("def setup(ctx): pass", prices(1))
    log = made.run.ctx.log
    log.debug("a %s of %d", "line", 2)
    log.info(5)
    log.warn("100 %")
    log.warning("w")
    log.error("e")
    assert made.said == ["a line of 2", "5", "100 %", "w", "e"]
    assert made.heard.levels == ["debug", "info", "warning", "warning", "error"]


def test_figures_are_told_with_their_time_and_the_newest_is_kept() -> None:
    made = Trial("def setup(ctx): pass", prices(1))
    made.step()
    monitor = made.run.ctx.monitor
    monitor.metric("x", 1)
    monitor.metric("x", 2.5)
    assert made.heard.metrics == [(MINUTE_NS, "x", 1), (MINUTE_NS, "x", 2.5)]
    assert monitor.values == {"x": 2.5}


def test_every_is_true_once_an_interval_for_each_name() -> None:
    source = """
    def on_bar(ctx, bar):
        if ctx.every("5m"):
            ctx.log.info(f"5m {bar.row}")
        if ctx.every(300, "other"):
            ctx.log.info(f"other {bar.row}")
        if ctx.every("3m"):
            ctx.log.info(f"3m {bar.row}")
    """
    said = Trial(source, prices(*range(1, 11))).live().said
    assert [each for each in said if each.startswith("5m")] == ["5m 0", "5m 4", "5m 9"]
    assert [each for each in said if each.startswith("other")] == ["other 0", "other 4", "other 9"]
    assert [each for each in said if each.startswith("3m")] == ["3m 0", "3m 2", "3m 5", "3m 8"]


def test_an_interval_that_is_none_is_refused() -> None:
    made = Trial("def setup(ctx): pass", prices(1))
    with pytest.raises(InvalidRequest, match="interval is 'often'"):
        made.run.ctx.every("often")
