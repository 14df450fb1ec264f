"""What a service may say of itself, and what holds where it says nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from geopandas_batch import settings
from geopandas_batch.places import RAW, Question
from geopandas_batch.services.protocol import AnyService


def attribution_of(service: AnyService) -> str:
    """The credit that its data's licence asks for: ``attribution``; empty where it says nothing."""
    return str(getattr(service, "attribution", ""))


def price_of(service: AnyService) -> float:
    """Credits for one address in a batch: ``price``; 0 where it says nothing."""
    return float(getattr(service, "price", 0.0))


def single_price_of(service: AnyService) -> float:
    """Credits for one address that is asked by itself: ``single_price``; else as in a batch."""
    return float(getattr(service, "single_price", price_of(service)))


def requests_of(service: AnyService, count: int) -> int:
    """Requests for so many addresses, if each batch is one: ``one_request_a_batch``; 0 where it says nothing."""
    return -(-count // service.limits.batch_size) if getattr(service, "one_request_a_batch", False) else 0


def is_local(service: AnyService) -> bool:
    """Whether it is this process that works, so that many may work side by side: ``local``; else it is asked."""
    return bool(getattr(service, "local", False))


def extras_of(service: AnyService) -> Sequence[str]:
    """Names of what it tells besides, which become columns of the details: ``extras``; none where it says nothing."""
    return tuple(getattr(service, "extras", ()))


def shown_of(service: AnyService, *, details: bool) -> Sequence[str]:
    """Which of these become columns: without the details, what somebody has asked for by name."""
    return [name for name in extras_of(service) if details or name == RAW]


def in_context_of(service: AnyService, questions: Sequence[Question]) -> AnyService:
    """The service as it answers in a table with these questions: ``in_context(questions)``; else the same.

    What it makes of them is part of its ``options``, so that no answer depends on the order of the rows, on a batch or
    on what is cached. No questions: each is answered by itself. The command line and Dask, which see a table in
    portions, give a sample of all its addresses.
    """
    in_context = getattr(service, "in_context", None)
    return service if in_context is None else cast("AnyService", in_context(questions))


def heeds_table(service: AnyService) -> bool:
    """Whether it may answer otherwise for the other questions of its table; not, for one, where its context is said."""
    alone = in_context_of(service, ())
    return alone is not service and alone != service


def options_of(service: AnyService) -> Mapping[str, str]:
    """All that can change an answer (language, filters, version of the data), never the key: ``options``."""
    return dict(getattr(service, "options", {}))


def host_of(base_url: str) -> Mapping[str, str]:
    """Among the options of a vendor's service: a host on this computer is a double, or may be one.

    What that makes up is never to be found in the cache by who asks the service itself, nor a job of the one be asked
    for at the other. All other hosts of a vendor answer the same.
    """
    return {"host": "this computer"} if settings.is_on_this_computer(base_url) else {}
