"""What the double remembers of what it was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from geopandas_batch.testing.fiction import PARTS

Kind: TypeAlias = Literal["submit", "poll", "single", "other"]
# A text; the parts of an address as (name, value) pairs; or a point (lat, lon): all of them can be put in a set.
Input: TypeAlias = str | tuple[tuple[str, str], ...] | tuple[float, float]


def as_input(params: Mapping[str, Any]) -> Input:
    """The question in these params, in a form that can be compared and counted."""
    if "text" in params:
        return str(params["text"])
    if "lat" in params and "lon" in params:
        return float(params["lat"]), float(params["lon"])
    return tuple((part, str(params[part])) for part in PARTS if part in params)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request.

    Attributes
    ----------
    kind : str
        submit, poll, single, or other.
    method, path : str
        "POST", "/v1/batch".
    query : dict
        The query string, the key's value as "***".
    headers : dict
        By lower-case name; a key's value as "***".
    key_by : str or None
        How the key came: "header", "query" or not at all.
    status : int or None
        The status that was answered; None while there is no answer, or where it never came.
    fault : str or None
        The scripted fault that this request met.
    time : float
        When it arrived, in seconds of ``time.monotonic``.
    """

    kind: Kind
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    key_by: Literal["header", "query"] | None
    status: int | None
    fault: str | None
    time: float


@dataclass(frozen=True, slots=True)
class Submit:
    """One job that was accepted.

    Attributes
    ----------
    id : str
        32 hexadecimal digits.
    api : str
        "/v1/geocode/search" or "/v1/geocode/reverse".
    path : str
        Where it was submitted: "/v1/batch", or that of a plain job.
    inputs : tuple
        The questions in their order: a text, a tuple of (part, value) pairs, or a point (lat, lon).
    ids : tuple
        The id of each input as sent; None for none.
    params : dict
        What is shared by all inputs: language, filter, format.
    priority : float
        0.5 to 1.
    credits : float
        What it cost: inputs times priority.
    polls, pending : int
        How often it was asked for; how often "not ready" was the answer.
    time : float
        When it was accepted, in seconds of ``time.monotonic``.
    """

    id: str
    api: str
    path: str
    inputs: tuple[Input, ...]
    ids: tuple[Any, ...]
    params: Mapping[str, Any]
    priority: float
    credits: float
    polls: int
    pending: int
    time: float


@dataclass(slots=True)
class Job:
    """A job while the double works on it."""

    id: str
    api: str
    path: str
    questions: list[tuple[Any, Mapping[str, Any]]]
    params: Mapping[str, Any]
    priority: float
    key_in_url: bool
    time: float
    ready: float
    polls: int = 0
    pending: int = 0
    results: list[str] | None = None  # JSON text, while they wait to be fetched

    def record(self) -> Submit:
        """The job as it stands now."""
        return Submit(
            id=self.id,
            api=self.api,
            path=self.path,
            inputs=tuple(as_input(params) for _, params in self.questions),
            ids=tuple(given for given, _ in self.questions),
            params=dict(self.params),
            priority=self.priority,
            credits=len(self.questions) * self.priority,
            polls=self.polls,
            pending=self.pending,
            time=self.time,
        )
