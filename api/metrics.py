"""Figures for Prometheus: counted as things happen, written as text when asked.

A request costs one dictionary lookup and one bisection. Gauges are functions that are asked when
the page is read, so what nobody watches costs nothing. The text format is 0.0.4.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
"""Upper ends of the latency histogram's buckets, in seconds."""

Samples = Mapping[str, float]


@dataclass(frozen=True)
class Gauge:
    """A figure read when asked: ``read`` gives one sample per value of ``label``, or one in all."""

    name: str
    meaning: str
    read: Callable[[], float | Samples]
    label: str = ""
    kind: str = "gauge"


class _Series:
    """One histogram: counts by bucket, and the sum of what was observed."""

    __slots__ = ("counts", "total_s")

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS_S) + 1)
        self.total_s = 0.0


class Metrics:
    """All figures of one server."""

    def __init__(self) -> None:
        self._requests: dict[tuple[str, str, int], _Series] = {}
        self._gauges: dict[str, Gauge] = {}

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        series = self._requests.get((method, route, status))
        if series is None:
            series = self._requests[method, route, status] = _Series()
        series.counts[bisect_left(BUCKETS_S, seconds)] += 1
        series.total_s += seconds

    def add(self, *gauges: Gauge) -> None:
        """Show ``gauges`` from now on; ValueError for a name that is taken."""
        for gauge in gauges:
            if gauge.name in self._gauges:
                raise ValueError(f"metric {gauge.name!r} is there already")
            self._gauges[gauge.name] = gauge

    def text(self) -> str:
        """Every figure as Prometheus text."""
        lines: list[str] = []
        for gauge in self._gauges.values():
            lines += _head(gauge.name, gauge.meaning, gauge.kind)
            read = gauge.read()
            if isinstance(read, Mapping):
                lines += [
                    f'{gauge.name}{{{gauge.label}="{_escaped(value)}"}} {_exact(sample)}'
                    for value, sample in read.items()
                ]
            else:
                lines.append(f"{gauge.name} {_exact(read)}")
        lines += self._histogram()
        return "\n".join(lines) + "\n"

    def _histogram(self) -> Iterable[str]:
        name = "onetape_http_request_seconds"
        yield from _head(name, "Time from a request to its answer.", "histogram")
        for (method, route, status), series in self._requests.items():
            labels = f'method="{method}",route="{_escaped(route)}",status="{status}"'
            count = 0
            for bound, inside in zip((*BUCKETS_S, "+Inf"), series.counts, strict=True):
                count += inside
                yield f'{name}_bucket{{{labels},le="{bound}"}} {count}'
            yield f"{name}_sum{{{labels}}} {series.total_s:.6f}"
            yield f"{name}_count{{{labels}}} {count}"


def _head(name: str, meaning: str, kind: str) -> list[str]:
    return [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]


def _exact(value: float) -> str:
    return str(value) if isinstance(value, int) else repr(float(value))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
