"""Of what a name may be the name in a book, as bits: of several at once."""

from __future__ import annotations

STREET, CITY, POSTCODE, STATE = 1, 2, 4, 8
