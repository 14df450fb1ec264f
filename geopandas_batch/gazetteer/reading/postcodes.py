"""Postcodes in an address: whole codes, halves of full codes, and areas of codes."""

from __future__ import annotations

import re
from collections.abc import Sequence

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
_ANY_HALF = re.compile("|".join(form.pattern for _, form, _ in _HALVES))
# Before the number of a box for letters.
_BOXES = frozenset(("box", "boks", "postboks", "postbus", "postfach", "bp", "casilla", "apartado", "apdo", "pmb"))
# Before other numbers that are no postcodes: "Suite 3131", "ref 1031".
_NUMBERED = frozenset(("suite", "unit", "flat", "room", "plot", "survey", "khasra", "km"))
_NUMBERED |= {"ext", "ref", "order", "customer", "account", "acct"}
_LONGEST = 9  # letters and digits of a code
_LETTERS = 3  # before its first digit, if there is a space between
_HOUSE = 4  # a number this short that comes first may be a house's
_MOST = 10_000  # codes that are remembered: numbers of houses come again and again
_NO_ROWS: dict[int, int] = {}
_WORDS = 3  # a number and more words before other parts are a house and its street
_OLD = 4  # digits of a code in Portugal, as many still write it
_FIVE = 5  # digits; longer codes have lost nothing
_LOST = {3: ("0", "00"), 4: ("0", "l", "lv", "md", "az", "ht"), 5: ("0",)}  # by the digits that are left
_NONE_LOST: dict[int, str] = {}


class _Rows(dict[str, dict[int, int]]):
    """The rows of the postal file for a code, by country; below zero, -1 - row, for an area of codes."""

    def __init__(self, atlas: Atlas) -> None:
        self._atlas = atlas
        self._france, self._portugal = map(atlas.countries.index, ("FR", "PT"))
        self._areas: dict[str, dict[int, int]] = {}  # at most as many as two to four digits make
        self._restored: dict[str, tuple[dict[int, int], dict[int, str]]] = {}

    def __missing__(self, code: str) -> dict[int, int]:
        if len(self) >= _MOST:
            self.clear()
        rows = self._find(code)
        if len(code) >= _FIVE and code.isdigit():
            if area := self._find_area(code[: 3 if len(code) < 7 else 4] + "*"):
                rows = {**rows, **area, **rows}  # a code of its own comes first
            if len(code) == _FIVE and self._france not in rows:
                # Of a post office for letters that are fetched: "29238 Brest" is in the town of 29200.
                self._add(rows, f"{code[:3]}00", self._france)
        elif len(code) == _OLD and code.isdigit():
            self._add(rows, code + "*", self._portugal)  # without the last three: "7150 Borba"
        rows = self[code] = rows or _NO_ROWS
        return rows

    def restore(self, code: str) -> tuple[dict[int, int], dict[int, str]]:
        """The rows with those of the code with what is lost in front of it, and these codes: zeros in a spreadsheet.

        Few write the letters of Luxembourg, Latvia, Moldova, Azerbaijan and Haiti.
        """
        found = self._restored.get(code)
        if found is None:
            if len(self._restored) >= _MOST:
                self._restored.clear()
            rows, restored = self[code], {}
            for lost in _LOST[len(code)]:
                for country, row in self._find(whole := lost + code).items():
                    if country not in rows:
                        rows = {**rows, country: row}
                        restored[country] = whole.upper()
            found = self._restored[code] = rows, restored or _NONE_LOST
        return found

    def _find(self, code: str) -> dict[int, int]:
        """The rows of exactly this code, by country."""
        atlas = self._atlas
        number = atlas.codes.get(code)
        if number is None:
            return {}
        first, last = atlas.code_start[number], atlas.code_start[number + 1]
        return dict(zip(atlas.code_country[first:last], range(first, last), strict=True))

    def _find_area(self, code: str) -> dict[int, int]:
        area = self._areas.get(code)
        if area is None:
            area = self._areas[code] = {country: -1 - row for country, row in self._find(code).items()} or _NO_ROWS
        return area

    def _add(self, rows: dict[int, int], code: str, country: int) -> None:
        """Add the row of another code of a country, as an area."""
        row = self._find_area(code).get(country)
        if row is not None:
            rows[country] = row


class Postcodes:
    """Finds postcodes with the postal file of an atlas."""

    def __init__(self, atlas: Atlas) -> None:
        """Use the postal file of an atlas."""
        self._rows = _Rows(atlas)
        self._dutch = atlas.countries.index("NL")
        self._halves = [(atlas.countries.index(country), form, sure) for country, form, sure in _HALVES]

    def find(self, part: Part, words: Sequence[str]) -> list[Post]:
        """The postcodes of one part with these words: single ones, and two that belong together ("SW1A 2AA")."""
        found = []
        last, ends = len(words) - 1, part.number or part.last
        for at, token in enumerate(words):
            letters = token.isalpha()
            if len(token) > (_LETTERS if letters else _LONGEST):
                continue
            following = words[at + 1] if at < last else ""
            if letters and not following[:1].isdigit():
                continue
            rows, full, length = _NO_ROWS, -1, 1
            restored = _NONE_LOST
            numeric = token.isdigit()
            if not letters and len(token) > 1:
                rows = self._rows[token]
                if not numeric:
                    rows, full = self._add_half(token, rows)
                elif len(token) > 2 and (ends or (last < _WORDS and len(token) > 3)):
                    rows, restored = self._restore(part, words, at)
            if following and len(token) + len(following) <= _LONGEST and not (numeric and following.isalpha()):
                both, known = token + following, len(rows)
                rows, half = self._add_half(both, rows)
                if more := self._rows[both]:
                    rows = rows | more
                full = max(full, half)
                length = 2 if len(rows) > known or half >= 0 else 1
            elif len(following) == 2:
                rows, _ = self._add_half(token + following, rows)
                if self._dutch in rows and not part.start + at:  # no house's number, if it goes with the town
                    found.append(Post(0, 2, {self._dutch: rows[self._dutch]}, False, -1))
            if rows and not (at and (words[at - 1] in _BOXES or (numeric and words[at - 1] in _NUMBERED))):
                first = part.start + at
                weak = first == 0 and part.role == "any" and len(token) <= _HOUSE and length == 1 and full < 0
                found.append(Post(first, first + length, rows, weak, full, restored))
        return found

    def _restore(self, part: Part, words: Sequence[str], at: int) -> tuple[dict[int, int], dict[int, str]]:
        """The rows of a code, with what it may have lost where codes stand."""
        code = words[at]
        if (
            len(code) > _FIVE
            or (at and (at < len(words) - 1 or not (part.number or part.last)))
            or (len(code) == _FIVE and part.role != "postcode")  # of Romania and China; in a text it is another's
            or (len(code) == 3 and len(words) == 1)  # a house
        ):
            return self._rows[code], _NONE_LOST
        return self._rows.restore(code)

    def _add_half(self, code: str, rows: dict[int, int]) -> tuple[dict[int, int], int]:
        """The rows with that of a full code of which the file has a half; the country if the form tells it, else -1."""
        if code.isdigit() or code.isalpha() or not _ANY_HALF.fullmatch(code):
            return rows, -1
        for country, form, sure in self._halves:
            whole = form.fullmatch(code)
            row = self._rows[whole[1]].get(country) if whole else None
            if row is not None:
                return {**rows, country: row}, country if sure else -1
        return rows, -1
