"""How the service came up, for Prometheus: seconds by stage."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from earshot.models.coldstart import Timeline


class StartCollector(Collector):
    """`earshot_start_seconds`, from the start of the process to readiness."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """A value for every stage that is over."""
        family = GaugeMetricFamily(
            "earshot_start_seconds",
            "Stages from the start of the process to readiness.",
            labels=["stage"],
        )
        for stage, seconds in self._timeline.stages.items():
            family.add_metric([stage], seconds)
        yield family
