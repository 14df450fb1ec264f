"""Scripted trouble: which request meets which fault, and what a fault does to the results of a job."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

from geopandas_batch.testing.items import trouble
from geopandas_batch.testing.records import Kind

# Before anything is accepted.
Refusal: TypeAlias = Literal[
    "400", "401", "429", "429-retry-after", "500", "502", "html-200", "empty-200", "reset", "hang"
]
# After the request was accepted (and paid): the answer is lost, late, cut, huge, or not the service's.
Loss: TypeAlias = Literal["reset-after-accept", "cut", "slow", "oversize", "other-json"]
# In the results of a job.
Damage: TypeAlias = Literal[
    "short", "long", "shuffled", "swapped-ids", "altered-id", "altered-text", "extra-keys", "item-error"
]
Fault: TypeAlias = Refusal | Loss | Damage
On: TypeAlias = Literal["any", "submit", "poll", "single"]

REFUSALS: tuple[str, ...] = get_args(Refusal)
LOSSES: tuple[str, ...] = get_args(Loss)
SPOILT = ("cut", "oversize", "other-json")  # something is sent
DAMAGES: tuple[str, ...] = get_args(Damage)
# Where one item is enough to make the results wrong; the others touch all of them.
_ONE_ITEM = ("short", "long", "altered-id", "item-error")


@dataclass(slots=True)
class Script:
    """One call of ``fail``: what to do, to which requests, how often."""

    fault: str
    on: On = "any"
    times: int | None = None
    every: int | None = None
    share: float | None = None
    seconds: float = 1.0
    items: int | None = None
    size: int = 0
    seen: int = field(default=0, init=False)
    done: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Refuse what could never happen."""
        known = REFUSALS + LOSSES + DAMAGES
        if self.fault not in known:
            raise ValueError(f"no fault {self.fault!r}; there are {', '.join(known)}")
        if self.on not in get_args(On):
            raise ValueError(f"on={self.on!r}: it is one of {', '.join(get_args(On))}")
        if self.on == "single" and self.fault in DAMAGES:
            raise ValueError(f"{self.fault!r} is a fault in the results of a job: on='poll'")
        if self.share is not None and not 0 <= self.share <= 1:
            raise ValueError(f"share={self.share}: it lies between 0 and 1")
        for name in ("times", "every", "items"):
            if (value := getattr(self, name)) is not None and value < 1:
                raise ValueError(f"{name}={value}: it is 1 or more")
        if self.seconds < 0 or self.size < 0:
            raise ValueError("seconds and size are 0 or more")

    def strikes(self, kind: Kind, chance: random.Random) -> bool:
        """Whether this request meets the fault; counts it."""
        if self.on not in ("any", kind) or kind == "other" or (self.times is not None and self.done >= self.times):
            return False
        self.seen += 1
        if self.every and self.seen % self.every:
            return False
        if self.share is not None and chance.random() >= self.share:
            return False
        self.done += 1
        return True


def struck_by(script: Script, count: int, chance: random.Random) -> set[int]:
    """Which of so many items a fault in the results strikes."""
    return set(chance.sample(range(count), min(script.items or (1 if script.fault in _ONE_ITEM else count), count)))


def damage(script: Script, results: list[dict[str, Any]], chance: random.Random) -> list[dict[str, Any]]:
    """The results of a job with the fault in them. ``results`` is left as it was."""
    struck = struck_by(script, len(results), chance)
    match script.fault:
        case "short":
            return [each for place, each in enumerate(results) if place not in struck]
        case "long":
            return results + [results[place] for place in sorted(struck)]
        case "shuffled":
            return turned(results)
        case "swapped-ids":
            ids = turned([each.get("id") for each in results])
            return [{**each, "id": given} if "id" in each else each for each, given in zip(results, ids, strict=True)]
    change = _CHANGES[script.fault]
    return [change(each) if place in struck else each for place, each in enumerate(results)]


def turned(values: list[Any]) -> list[Any]:
    """Another order, in which no value is where it was (unless there is but one)."""
    return values[1:] + values[:1]


def _with_query(result: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """A plain result has its ``query`` at the top, a generic one within ``result``."""
    if "result" in result:
        return {**result, "result": _with_query(result["result"], change)}
    asked = result.get("query", {})
    return {**result, "query": {**asked, "text": change(asked["text"])}} if "text" in asked else result


def _normalised(text: str) -> str:
    return text.lower().replace(",", "")


def _with_extra(result: dict[str, Any]) -> dict[str, Any]:
    inner = {"result": {**result["result"], "trace": {"took": 3}}} if "result" in result else {}
    return {**result, **inner, "x_new": {"version": 2}, "NUTS_1": "XX1"}


def _with_error(result: dict[str, Any]) -> dict[str, Any]:
    error = trouble(500, "Request failed, please try again later")
    return {**result, "result": error} if "result" in result else {"query": result["query"], **error}


_CHANGES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "altered-id": lambda result: {**result, "id": f"{result.get('id', '')}x"},
    "altered-text": lambda result: _with_query(result, _normalised),
    "extra-keys": _with_extra,
    "item-error": _with_error,
}
