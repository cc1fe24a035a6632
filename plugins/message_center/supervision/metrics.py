"""The indicators for Prometheus, collected when it asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import psycopg
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from message_center.sql import statement
from message_center.supervision.changes import LEVELS
from message_center.supervision.names import NAMES

Connection = psycopg.Connection[Any]

LABELS = ("account", "subject")


def metric_name(indicator: str) -> str:
    """Return the name of an indicator's metric."""
    return f"message_center_{indicator}" + ("_percent" if NAMES[indicator].unit == "%" else "")


class IndicatorCollector(Collector):
    """
    Gauges of what the last look at each instance found, and where it stands against the thresholds.

    :param control: an open connection, in autocommit.
    """

    def __init__(self, control: Connection) -> None:
        self.control = control

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Ask control once for each kind."""
        yield from self._indicators()
        levels = "Where an indicator stands: 0 ok, 1 warning, 2 alert."
        yield self._gauge("level", levels, (*LABELS, "indicator"), "control/metrics_levels", LEVELS.index)
        thresholds = "From which value on an indicator is a warning, or an alert. Account: empty for all."
        yield self._gauge("threshold", thresholds, ("account", "indicator", "level"), "control/metrics_thresholds")
        looked = "When the instance was looked at last, in seconds since 1970."
        yield self._gauge("looked_at_seconds", looked, ("account",), "control/metrics_looks")

    def _indicators(self) -> Iterable[GaugeMetricFamily]:
        gauges = {
            name: GaugeMetricFamily(metric_name(name), f"{told.words[0].upper()}{told.words[1:]}.", labels=LABELS)
            for name, told in NAMES.items()
        }
        for account, subject, indicator, value in self.control.execute(statement("control/metrics_indicators")):
            if indicator in gauges:
                gauges[indicator].add_metric([account, subject], value)
        return gauges.values()

    def _gauge(
        self, name: str, told: str, labels: tuple[str, ...], query: str, read: Callable[[Any], float] = float
    ) -> GaugeMetricFamily:
        gauge = GaugeMetricFamily(f"message_center_{name}", told, labels=labels)
        for *of, value in self.control.execute(statement(query)):
            gauge.add_metric(of, read(value))
        return gauge


def exposition(control: Connection) -> bytes:
    """Return all metrics in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(IndicatorCollector(control))
    return generate_latest(registry)
