"""Figures are counted by route and status, and shown as Prometheus reads them."""

from __future__ import annotations

import pytest

from api.metrics import BUCKETS_S, Gauge, Metrics


def test_a_request_falls_into_the_bucket_of_its_time_and_all_above() -> None:
    metrics = Metrics()
    metrics.observe("POST", "/orders", 201, BUCKETS_S[1])
    metrics.observe("POST", "/orders", 201, 99)
    lines = metrics.text().splitlines()
    labels = 'method="POST",route="/orders",status="201"'
    assert f'onetape_http_request_seconds_bucket{{{labels},le="{BUCKETS_S[0]}"}} 0' in lines
    assert f'onetape_http_request_seconds_bucket{{{labels},le="{BUCKETS_S[1]}"}} 1' in lines
    assert f'onetape_http_request_seconds_bucket{{{labels},le="+Inf"}} 2' in lines
    assert f"onetape_http_request_seconds_count{{{labels}}} 2" in lines
    assert f"onetape_http_request_seconds_sum{{{labels}}} 99.001000" in lines


def test_a_gauge_is_asked_when_the_page_is_read() -> None:
    metrics = Metrics()
    values = {"x": 1.0}
    metrics.add(
        Gauge("plain", "A figure.", lambda: values["x"]),
        Gauge("labelled", "Figures.", lambda: {'a"b': 2, "c\n": 3}, "name"),
    )
    values["x"] = 5
    text = metrics.text()
    assert "# HELP plain A figure.\n# TYPE plain gauge\nplain 5\n" in text
    assert 'labelled{name="a\\"b"} 2\n' in text
    assert 'labelled{name="c\\n"} 3\n' in text


def test_a_name_is_given_once() -> None:
    metrics = Metrics()
    gauge = Gauge("plain", "A figure.", lambda: 1.5)
    metrics.add(gauge)
    with pytest.raises(ValueError, match="plain"):
        metrics.add(gauge)
