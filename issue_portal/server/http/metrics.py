"""Prometheus metrics, labelled by route, method, status class and issue state.

No metric distinguishes anonymous reports: such a metric would show when each one was sent.
"""

from collections.abc import Iterator

from prometheus_client import REGISTRY, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from issue_portal.models.vocabulary import IssueState
from issue_portal.server.db import queries_counts
from issue_portal.server.db.issue_filter import IssueFilter
from issue_portal.server.services.service import Service

WAITING_STATES = (IssueState.NOT_REVIEWED, IssueState.IN_REVIEW)
"""States of issues that wait for a reviewer."""

REQUESTS = Histogram(
    "issue_portal_request_seconds",
    "Time from a request to the end of its response.",
    ("method", "route", "status"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


class QueueCollector(Collector):
    """Counts waiting issues by state for each scrape."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def describe(self) -> list[GaugeMetricFamily]:
        """Return nothing. Without this method, the registry would call `collect` at the start."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield whether the database answers and, if it does, the counts."""
        counts = self._count()
        up = GaugeMetricFamily("issue_portal_database_up", "Whether the database answers.")
        up.add_metric((), counts is not None)
        yield up
        if counts is not None:
            waiting = GaugeMetricFamily(
                "issue_portal_queue",
                "Issues that wait for a reviewer, by state.",
                labels=("state",),
            )
            for state in WAITING_STATES:
                waiting.add_metric((state,), counts.get(state, 0))
            yield waiting

    def _count(self) -> dict[str, int] | None:
        org_id = self._service.org_id
        try:
            with self._service.database.read() as connection:
                return {
                    state: queries_counts.count(connection, IssueFilter(org_id, states=(state,)))
                    for state in WAITING_STATES
                }
        except (DBAPIError, PoolTimeout):
            return None


def register_queue_collector(service: Service) -> None:
    """Add the queue to the metrics of this process. Call it once, at the start."""
    REGISTRY.register(QueueCollector(service))
