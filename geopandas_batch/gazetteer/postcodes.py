"""Postcodes in an address: whole codes, halves of full codes, and areas of codes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain, count

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.reading import Part, Post

# Full codes of which the postal file has the first half only: Great Britain, Ireland, Canada; with letters that the
# file leaves out: the Netherlands, Argentina. The first three are told by their form.
_HALVES = (
    ("GB", re.compile(r"([a-z]{1,2}\d[a-z\d]?)\d[a-z]{2}"), True),
    ("IE", re.compile(r"([a-z]\d[\dw])[a-z\d]{4}"), True),
    ("CA", re.compile(r"([a-z]\d[a-z])\d[a-z]\d"), True),
    ("NL", re.compile(r"(\d{4})[a-z]{2}"), False),
    ("AR", re.compile(r"[a-z](\d{4})(?:[a-z]{3})?"), False),
)
_LONGEST = 9  # letters and digits of a code
_HOUSE = 4  # a number this short that comes first may be a house's
_SIX_DIGITS = 6  # the longest codes that are numbers
_NONE_LOST: dict[int, str] = {}


def _may_have_lost_zeros(part: Part, words: Sequence[str], at: int) -> bool:
    """Whether a number stands where a postcode does; most numbers of three digits are those of houses."""
    if len(words[at]) == 3 and (len(words) == 1 or not (part.number or part.last)):
        return False
    return not at or (at == len(words) - 1 and (part.number > 0 or part.last))


class Postcodes:
    """Finds postcodes with the postal file of an atlas."""

    def __init__(self, atlas: Atlas) -> None:
        """Use the postal file of an atlas."""
        self._atlas = atlas
        self._halves = [(atlas.countries.index(country), form, sure) for country, form, sure in _HALVES]

    def find(self, part: Part, words: Sequence[str]) -> list[Post]:
        """The postcodes of one part with these words: single ones, and two that belong together ("SW1A 2AA")."""
        found = []
        restored: dict[int, str]
        for at, token, following in zip(count(part.start), words, chain(words[1:], ("",)), strict=False):
            if token.isalpha():
                if not following[:1].isdigit() or len(token) > 3:
                    continue
            elif len(token) > _LONGEST:
                continue
            rows: dict[int, int] = {}
            restored = _NONE_LOST
            to, full = at + 1, -1
            numeric = token.isdigit()
            if numeric:
                if len(token) > 1:
                    self._look_up(token, rows)
                    if 2 < len(token) < _SIX_DIGITS and _may_have_lost_zeros(part, words, at - part.start):
                        restored = self._restore(token, rows)
            elif not token.isalpha() and len(token) > 1:
                self._look_up(token, rows)
                full = self._look_up_half(token, rows)
            if following and len(token) + len(following) <= _LONGEST and not (numeric and following.isalpha()):
                known = len(rows)
                half = self._look_up_half(token + following, rows)
                self._look_up(token + following, rows)
                full = max(full, half)
                to = at + 2 if len(rows) > known or half >= 0 else to
            elif len(following) == 2 and self._look_up_half(token + following, rows) == -1:
                to = at + 1
            if rows:
                weak = at == 0 and part.role == "any" and len(token) <= _HOUSE and to == at + 1 and full < 0
                found.append(Post(at, to, rows, weak, full, restored))
        return found

    def _look_up(self, code: str, rows: dict[int, int]) -> None:
        for row in self._rows(code):
            rows[self._atlas.code_country[row]] = row
        if len(code) >= 5 and code.isdigit():
            for row in self._rows(code[: 3 if len(code) < 7 else 4] + "*"):
                rows.setdefault(self._atlas.code_country[row], -1 - row)  # a code of its own comes first

    def _restore(self, code: str, rows: dict[int, int]) -> dict[int, str]:
        """Look up a code with the zeros in front that a spreadsheet drops, where it is none without them."""
        restored = {}
        for whole in ("0" + code, "00" + code) if len(code) == 3 else ("0" + code,):
            for row in self._rows(whole):
                country = self._atlas.code_country[row]
                if country not in rows:
                    rows[country], restored[country] = row, whole
        return restored

    def _look_up_half(self, code: str, rows: dict[int, int]) -> int:
        """Look up the half of a full code that the file has; the country if the form tells it, else -1."""
        if not code.isalnum() or code.isdigit() or code.isalpha():
            return -1
        for country, form, sure in self._halves:
            whole = form.fullmatch(code)
            if whole:
                for row in self._rows(whole[1]):
                    if self._atlas.code_country[row] == country:
                        rows[country] = row
                        return country if sure else -1
        return -1

    def _rows(self, code: str) -> range:
        atlas = self._atlas
        number = atlas.codes.get(code)
        return range(0) if number is None else range(atlas.code_start[number], atlas.code_start[number + 1])
