"""Questions as a CSV file, and the file that comes back: for services that take addresses so.

Whatever comes back, a row is used only if it is certainly the answer to its question. What is missing is asked again.
"""

from __future__ import annotations

import asyncio
import csv
import io
import re
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from geopandas_batch.errors import (
    KeyRefused,
    QueryError,
    QuotaExhausted,
    RateLimited,
    ServiceError,
    StrangeAnswer,
)
from geopandas_batch.pacing import Patience
from geopandas_batch.services.protocol import Answer, Unanswered

LONGEST = 500  # letters of an address; 10,000 of them are the 5 MB that the Census is said to take
TRIES = 4  # of one file, before it is asked in halves
# Files in a row of which nothing came back: one, its halves and its quarters. Then it is not for some of its rows.
FAILURES = 7
MOST = 60  # files for one batch: three rows that spoil any file are found among a thousand

_LETTERS = re.compile(r"[a-z0-9]+")

Rows: TypeAlias = Sequence[Sequence[str]]
Found: TypeAlias = Mapping[int, Answer]
Reader: TypeAlias = Callable[[Mapping[str, str], int], Answer]  # what a row says of the question at a position


def patience(seconds: float) -> Patience:
    """How often one file is sent: quick refusals some times, one that took all its time once."""
    return Patience(attempts=TRIES, seconds=seconds)


def written(rows: Iterable[Sequence[str]]) -> bytes:
    r"""A CSV file, UTF-8, all cells in quotes.

    >>> written([["0", 'Rue "du" Bac, 12']])
    b'"0","Rue ""du"" Bac, 12"\r\n'
    """
    file = io.StringIO(newline="")
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    return file.getvalue().encode("utf-8", "replace")  # half a letter is none that a geocoder knows


def read(content: bytes, *, service: str, encoding: str) -> Rows:
    """The rows of a CSV file.

    Raises
    ------
    StrangeAnswer
        It is none: nothing at all, a page of HTML, or cut within quotes. It may be right when it is asked again.
    """
    text = content.decode(encoding, "replace").removeprefix("\ufeff").replace("\0", " ")
    what = "is empty" if not text.strip() else "is a web page" if text.lstrip().startswith("<") else ""
    if not what:
        try:
            return [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
        except csv.Error:
            what = "is no CSV file, or broke off"
    raise StrangeAnswer(f"the answer of {service} {what}", service=service, status=200, retryable=True)


def read_named(content: bytes, names: Sequence[str], *, service: str) -> Iterable[Mapping[str, str]]:
    """The rows of a CSV file by the names in its head.

    Raises
    ------
    StrangeAnswer
        As `read` does; or its head lacks one of these names.
    """
    head, *rows = read(content, service=service, encoding="utf-8")
    if missing := [name for name in names if name not in head]:
        raise StrangeAnswer(
            f"the answer of {service} has no column {', '.join(missing)}", service=service, status=200, retryable=True
        )
    return [dict(zip(head, row, strict=False)) for row in rows if len(row) >= len(head)]


def place(number: str, count: int) -> int | None:
    """The position that was sent as a row's id; None if it is none of ours."""
    text = number.strip()
    found = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else count
    return found if found < count else None


def same(echo: str, sent: str) -> bool:
    """Whether the address that came back is the one that was sent: its letters and digits, as far as ASCII has them.

    What services do to case, blanks, commas and accents on the way is not documented.

    >>> same("1 MAIN ST, , SALINA, KS", "1 Main St Salina KS"), same("1 Main St", "11 Main St")
    (True, False)
    """
    return _spelt(echo) == _spelt(sent)


def _spelt(text: str) -> str:
    return "".join(_LETTERS.findall(text.casefold()))


class Damaged(QueryError):
    """In the place of an answer that is not believed: its address is asked again."""


def once(found: Iterable[tuple[int, Answer]]) -> dict[int, Answer]:
    """Answers by position, without those that are not believed, or came more than once: nobody knows which is right."""
    answers: dict[int, Answer] = {}
    twice: set[int] = set()
    for number, answer in found:
        if number in answers:
            twice.add(number)
        answers[number] = answer
    return {n: answer for n, answer in answers.items() if n not in twice and not isinstance(answer, Damaged)}


def degrees(lat: str, lon: str) -> tuple[float, float] | None:
    """Latitude and longitude, if both are numbers and a place on Earth."""
    try:
        north, east = float(lat), float(lon)
    except ValueError:
        return None
    return (north, east) if abs(north) <= 90 and abs(east) <= 180 else None  # False for NaN as well


async def answered(
    ask: Callable[[Sequence[int]], Awaitable[Found]], count: int, *, service: str, seconds: float
) -> list[Answer | ServiceError]:
    """As many answers as questions.

    Parameters
    ----------
    ask : async function
        Takes positions, sends their questions as one file, and gives those answers that are certain.
    count : int
        Of questions.
    service : str
        Its name.
    seconds : float
        How long files may take, of which nothing comes back.

    Returns
    -------
    list
        What never came is an error at its place: a `QueryError` where the service answered others, else what it said.

    Raises
    ------
    ServiceError
        Nothing came back at all.
    """
    loop = asyncio.get_running_loop()
    answers: dict[int, Answer | ServiceError] = {}
    pieces = deque([list(range(count))])
    failures, wasted = 0, 0.0
    trouble: ServiceError = StrangeAnswer(f"{service} leaves out answers", service=service, retryable=True)
    for _ in range(MOST):
        if not pieces:
            break
        piece, began = pieces.popleft(), loop.time()
        found: Found = {}
        alone = Unanswered(f"{service} gave no answer for this address, also when it was asked alone")
        try:
            found = await ask(piece)
        except ServiceError as error:
            if count == 1 or not _may_be_of_a_row(error):
                return _all(answers, count, error)
            trouble, alone = error, Unanswered(f"{service} fails at this address: {error}")
        answers.update(found)
        rest = [number for number in piece if number not in answers]
        failures = 0 if found else failures + 1
        wasted += 0.0 if found else loop.time() - began
        if failures == FAILURES or wasted > seconds:
            break
        if len(piece) == 1 and rest:
            answers[rest[0]] = alone
        elif found and rest:
            pieces.append(rest)
        elif rest:
            pieces += [rest[: len(rest) // 2], rest[len(rest) // 2 :]]
    return _all(answers, count, trouble)


def _may_be_of_a_row(error: ServiceError) -> bool:
    """Whether fewer rows may be answered: it was not the way to the service, nor who asks, nor how often."""
    if isinstance(error, KeyRefused | QuotaExhausted | RateLimited) or not error.sent:
        return False
    return error.status is None or (error.status not in (401, 403, 404, 405) and not 300 <= error.status < 400)


def _all(
    answers: Mapping[int, Answer | ServiceError], count: int, trouble: ServiceError
) -> list[Answer | ServiceError]:
    if not any(not isinstance(each, QueryError) for each in answers.values()) and len(answers) < count:
        raise trouble
    return [answers.get(number, trouble) for number in range(count)]
