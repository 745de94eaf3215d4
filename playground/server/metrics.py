"""Figures for Prometheus: what calls and requests come to, and how the server is at the moment of asking.

No label holds anything of a person: no visitor, address, prompt or key. Model ids that somebody typed are
"other", routes are the rows of the table in `doors`, and so the number of labels has an end.
"""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from playground.catalogue import Catalogue
from playground.errors import PlaygroundError
from playground.jobs.studio import Job, Outcome, Studio
from playground.server.budgets import BUDGETS, Budgets
from playground.server.request_log import Handled

_CALL_SECONDS = (1, 2, 5, 10, 20, 40, 60, 120, 300, 600)
_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})


class Metrics:
    """The figures of one process, in a registry of its own."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._calls = Counter(
            "playground_calls",
            "Calls to providers that have ended; `ok` is a picture, else the outcome's code.",
            ("provider", "model", "outcome"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "playground_call_seconds",
            "How long calls that brought a picture took.",
            ("provider", "model"),
            buckets=_CALL_SECONDS,
            registry=self._registry,
        )
        self._answers = Counter(
            "playground_answer_bytes", "Bytes of providers' answers.", ("provider",), registry=self._registry
        )
        self._requests = Counter(
            "playground_requests",
            "Requests that have ended; status 0 is a client that went away.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._bytes = Counter(
            "playground_body_bytes",
            "Bytes of bodies, from visitors and to them.",
            ("direction",),
            registry=self._registry,
        )

    def watch(self, studio: Studio, budgets: Budgets) -> None:
        """From now on also tells how the server is when it is asked."""
        self._registry.register(_AtTheMoment(studio, budgets))

    def count_call(self, job: Job, outcome: Outcome) -> None:
        """See `OnCall`."""
        asked = job.request.call(outcome.call)
        provider, model = asked.provider, self._catalogue.label(asked.provider, asked.model)
        code = outcome.error.code if outcome.error else "ok"
        self._calls.labels(provider, model, code).inc()
        self._answers.labels(provider).inc(outcome.answer_bytes)
        if outcome.error is None:
            self._seconds.labels(provider, model).observe(outcome.seconds)

    def count_request(self, handled: Handled) -> None:
        """See `OnRequest`."""
        method = handled.method if handled.method in _METHODS else "other"
        self._requests.labels(method, handled.route, str(handled.status)).inc()
        self._bytes.labels("in").inc(handled.bytes_in)
        self._bytes.labels("out").inc(handled.bytes_out)

    def text(self) -> bytes:
        """All figures as Prometheus reads them. Blocks: call it in a thread."""
        return generate_latest(self._registry)


class _AtTheMoment(Collector):
    """Asked whenever the figures are."""

    def __init__(self, studio: Studio, budgets: Budgets) -> None:
        self._studio = studio
        self._budgets = budgets

    def describe(self) -> list[Metric]:
        """Nothing: asking would open the index before anybody needs it."""
        return []

    def collect(self) -> Iterator[Metric]:
        running, waiting = self._studio.line
        yield _gauge("playground_calls_running", "Calls that run.", running)
        yield _gauge("playground_calls_waiting", "Calls that wait in line.", waiting)
        yield _gauge("playground_takes_calls", "1 where a call would be taken.", not self._studio.refusal)
        refused = CounterMetricFamily(
            "playground_refused", "How often a budget was used up.", labels=("budget",)
        )
        for name in BUDGETS:
            refused.add_metric((name,), self._budgets.refused[name])
        yield refused
        yield from self._kept()

    def _kept(self) -> Iterator[Metric]:
        """Left out while disk or database do not answer: a figure that is wrong would be worse than none."""
        history = self._studio.history
        try:
            free, usage = history.free_bytes, history.usage(None)
        except (PlaygroundError, OSError):
            return
        yield _gauge("playground_disk_free_bytes", "Free bytes on the disk of the data folder.", free)
        yield _gauge("playground_history_bytes", "Bytes of the history.", usage.bytes)
        yield _gauge("playground_history_generations", "Generations in the history.", usage.count)


def _gauge(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(name, what, value=value)
