"""Questions of one line each, as texts: no object for each of them."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import TypeAlias, cast, overload

from geopandas_batch.places import PARTS, Point, Query, Question, query_from

Asked: TypeAlias = Question | str  # a text is a `Query` of one line


class Lines(Sequence[Query]):
    """Queries of one line each; each is made when it is asked for.

    Examples
    --------
    >>> Lines(["Oslo", "Bergen"])[1].text
    'Bergen'
    """

    __slots__ = ("texts",)

    def __init__(self, texts: list[str]) -> None:
        """None of them is blank."""
        self.texts = texts

    def __len__(self) -> int:
        """How many."""
        return len(self.texts)

    @overload
    def __getitem__(self, place: int) -> Query: ...
    @overload
    def __getitem__(self, place: slice) -> Lines: ...
    def __getitem__(self, place: int | slice) -> Query | Lines:
        """One of them, or some."""
        return Lines(self.texts[place]) if isinstance(place, slice) else Query(self.texts[place])

    def __iter__(self) -> Iterator[Query]:
        """All of them."""
        return map(query_from, self.rows)

    @property
    def rows(self) -> Iterator[tuple[str, ...]]:
        """The fields of all."""
        return zip(self.texts, *repeat(repeat(""), len(PARTS)), strict=False)

    def __contains__(self, query: object) -> bool:
        """Whether one of them is equal."""
        return isinstance(query, Query) and bool(query.text) and query.text in self.texts and not any(query[1:])


def texts_of(questions: Sequence[Question]) -> list[str]:
    """The texts of questions that are all lines; else nothing."""
    if isinstance(questions, Lines):
        return questions.texts
    if not questions or isinstance(questions[0], Point):
        return []
    texts = [query.text for query in cast("Sequence[Query]", questions)]
    return texts if all(texts) else []


def briefly(questions: Sequence[Question]) -> Sequence[Asked]:
    """The same with texts in the place of queries, if that is what they are kept as."""
    return questions.texts if isinstance(questions, Lines) else questions


def in_full(asked: Sequence[Asked]) -> Sequence[Question]:
    """The way back."""
    kinds = set(map(type, asked))
    if kinds == {str}:
        return Lines(cast("list[str]", list(asked)))
    if str not in kinds:
        return cast("Sequence[Question]", asked)
    return [Query(each) if isinstance(each, str) else each for each in asked]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Questions and their keys, side by side. No key comes twice."""

    keys: Sequence[bytes]
    questions: Sequence[Question]

    def __len__(self) -> int:
        """How many."""
        return len(self.keys)

    def part(self, start: int, stop: int) -> Wanted:
        """Those from one place to another."""
        return Wanted(self.keys[start:stop], self.questions[start:stop])

    def without(self, keys: Container[bytes]) -> Wanted:
        """Those that have none of these keys."""
        rest, asked = [place for place, key in enumerate(self.keys) if key not in keys], briefly(self.questions)
        return Wanted([self.keys[place] for place in rest], in_full([asked[place] for place in rest]))
