"""What a reply says: its JSON, or the error that it means."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from geopandas_batch.encoding import Json
from geopandas_batch.errors import KeyRefused, QuotaExhausted, RateLimited, ServiceError, StrangeAnswer, Unavailable
from geopandas_batch.garbage import no_collection

if TYPE_CHECKING:
    import aiohttp

# A job of 1,000 answers is about 3 MB of JSON. What is twenty times that is not an answer.
MAX_BYTES = 64 * 2**20
SHOWN_CHARACTERS = 200
# Geoapify's keys have 32 letters. A shorter one, as of a server of the user's own, may be a word of an address.
NO_WORD = 16


class Body:
    """The body of a reply, bounded after decompression."""

    def __init__(self) -> None:
        """Empty."""
        self.content = b""
        self.whole = False
        self.too_large = False

    async def read(self, response: aiohttp.ClientResponse) -> None:
        """Read it; what came before the connection broke stays in ``content``."""
        chunks, size = list[bytes](), 0
        try:
            async for chunk in response.content.iter_any():
                chunks.append(chunk)
                size += len(chunk)
                if size > MAX_BYTES:
                    self.too_large = True
                    response.close()
                    return
            self.whole = True
        finally:
            self.content = b"".join(chunks)  # once: what grows by chunks is moved again and again

    def strike_out(self, secrets: Iterable[str], *, shortest: int = 1) -> None:
        """Should a key be repeated in it: it is shown to people, and kept in files."""
        for secret in secrets:
            # From the end: Python's search from the beginning takes twice as long in a megabyte.
            if len(secret) >= shortest and self.content.rfind(text := secret.encode()) >= 0:
                self.content = self.content.replace(text, b"***")

    @property
    def json(self) -> Json:
        """Its JSON, or None where it is none."""
        if not self.whole:
            return None
        try:
            with no_collection():
                return json.loads(self.content)
        except (ValueError, RecursionError):
            return None


def failure(service: str, status: int, said: str, retry_after: float | None, *, with_key: bool = True) -> ServiceError:
    """The error for a status that is not 2xx; ``with_key``: of a service that has keys."""
    told: dict[str, Any] = {
        "service": service,
        "status": status,
        "server_message": said,
        "retry_after": retry_after,
    }
    tail = f" ({status}{': ' + said if said else ''})"
    if status in (401, 403) and with_key:
        return KeyRefused(f"{service} refuses the key{tail}. Check that it is complete and active.", **told)
    if status == 402:
        return QuotaExhausted(f"{service} wants to be paid first{tail}", **told)
    if status == 429:
        return RateLimited(f"{service} says too fast, or out of credits{tail}", **told)
    if status == 408 or status >= 500:
        return Unavailable(f"{service} is out of order{tail}", **told)
    if status < 400:
        return StrangeAnswer(f"{service} points to another address{tail}; is base_url right?", **told)
    return ServiceError(f"{service} refused the request{tail}", **told)


def exhausted(error: RateLimited, *, with_key: bool) -> QuotaExhausted:
    """The error where a service says "too fast" as often as it was asked."""
    tail = f" (429{': ' + error.server_message if error.server_message else ''})"
    message = (
        f"{error.service} still says too fast, or out of credits, after several tries{tail}: the credits of the day "
        "are used up, or other programs use the same key at the same time. Go on tomorrow, or with a larger plan."
        if with_key
        else f"{error.service} still says too fast after several tries{tail}. Go on later, or set max_per_second= "
        "lower; others in your network may ask it, too."
    )
    return QuotaExhausted(
        message,
        service=error.service,
        status=error.status,
        server_message=error.server_message,
        retry_after=error.retry_after,
    )


def said(data: Json) -> str:
    """The service's own message, shortened."""
    told = (data.get("message"), data.get("error")) if isinstance(data, dict) else ()
    text = next((" ".join(each.split()) for each in told if each and isinstance(each, str)), "")
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"


def cause(error: aiohttp.ClientConnectorError) -> str:
    """Why there is no connection: the system's word, or that of TLS."""
    return getattr(error, "strerror", None) or str(getattr(error, "certificate_error", "")) or "refused"


def seconds(retry_after: str | None) -> float | None:
    """The header's seconds or date (RFC 9110, 10.2.3) as seconds from now."""
    if retry_after is None:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
