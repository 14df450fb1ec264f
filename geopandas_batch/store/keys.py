"""What an answer is kept under: a short key for each question, the same on every computer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b

from geopandas_batch.places import PARTS, Query, Question
from geopandas_batch.places.lines import Asked, Lines, briefly
from geopandas_batch.places.texts import PartedQuery

KEY_BYTES = 16
_NO_PARTS = "\0" * len(PARTS)


class Keys:
    """Turns questions into the keys of their answers, for one service with all its options."""

    def __init__(self, service: str, options: Mapping[str, str]) -> None:
        """``options``: all that can change an answer."""
        self._base = blake2b(digest_size=KEY_BYTES)
        self._base.update(json.dumps([service, sorted(options.items())]).encode())
        self.scope = self._base.digest()

    def key(self, question: Question) -> bytes:
        """16 bytes; the same for equal questions on every computer."""
        return self.keys([question])[0]

    def keys(self, questions: Iterable[Question]) -> list[bytes]:
        """One for each."""
        begin, join, found = self._base.copy, "\0".join, []
        for question in briefly(questions) if isinstance(questions, Lines) else questions:
            if type(question) is str:
                text = question + _NO_PARTS  # as below, and sooner
            elif type(question) is not Query:
                text = join(map(str, question))
            elif question[0] and question.count("") == len(PARTS):
                text = question[0] + _NO_PARTS  # as below, and sooner
            else:
                text = join(question)
            digest = begin()
            try:
                digest.update(text.encode())
            except UnicodeEncodeError:  # a broken file name read into a cell must not stop a run
                digest.update(text.encode("utf-8", "surrogatepass"))
            found.append(digest.digest())
        return found

    def former(self, keys: Iterable[bytes], questions: Sequence[Asked]) -> dict[bytes, bytes]:
        """The keys that questions had when they were others (see `texts`), by the keys that they have now."""
        if isinstance(questions, Lines) or PartedQuery not in set(map(type, questions)):  # nearly always
            return {}
        parted = {key: each.former for key, each in zip(keys, questions, strict=True) if type(each) is PartedQuery}
        return dict(zip(parted, self.keys(parted.values()), strict=True))
