"""How sure an answer is: by what agrees, and by how a street that is spelled otherwise differs from the book's."""

from __future__ import annotations

from geopandas_batch.addressbook.spelling import BEFORE
from geopandas_batch.gazetteer.mistakes.slips import tell_slip

# Measured on noisy questions to a made-up book (tests/test_addressbook.py holds that answers are right as often).
HOUSE, WITHOUT_POSTCODE = 0.99, 0.97
STREET, POSTCODE, CITY = 0.9, 0.7, 0.6

# A house in a street that is spelled otherwise: where all that is asked agrees, the postcode too, and no other street
# is as near; and where not. Both may be right streets, and the book may lack the one that is meant. From the streets of
# Berlin and of made-up towns, of which one in seven was taken out: with as many misspelt as taken out, of slips 99.8
# and 99 % were right, of other letters 98 and 97, of two errors 70 and 56. What had another first letter was nearly
# always another street (so were 0.5 and 1 % of those taken out), and where one has a last letter more, both are words:
# "Rue des Fontaines" and "Rue des Fontaine".
_MISSPELT = {"slip": (0.95, 0.84), "letter": (0.9, 0.8), "last": (0.8, 0.7), "first": (0.7, 0.6), "two": (0.6, 0.5)}
# Without its number, which another street has less often: 98 % of slips, 80 % of other letters, one in eight of others.
_WITHOUT_NUMBER = {"slip": (0.84, 0.75), "letter": (0.7, 0.6)}

# A house of which the town is spelled otherwise and no postcode agrees. From 41,000 towns of Germany, France and the
# USA, each with five of twelve usual streets, of which one in seven was taken out: with as many misspelt as taken out,
# 99 % of slips were right, 92 of other letters, 45 of last and first ones, and 23 of two errors.
_MISSPELT_TOWN = {"slip": 0.84, "letter": 0.75, "last": 0.45, "first": 0.45, "two": 0.25}
MISSPELT_ALONE = 0.8  # of the confidence in a town, where nothing but a town was found

ANOTHER_TOWN = 0.8  # the postcode's only town has another name, and may be the same one, or lack the one that is meant
# The postcode is wrong, or the book lacks the street of this name that has it. With as many of both in Berlin, 98 %
# were right; without their number half of them, so that these are not taken.
MOVED = 0.8


def of_house(told: bool) -> float:
    """How sure a house is that is spelled as in the book; `told`: by more than its town's name."""
    return HOUSE if told else WITHOUT_POSTCODE


def of_misspelt(asked: str, street: str, agrees: bool) -> float:
    """How sure a house is that is in a street of nearly this name, both as keys.

    >>> of_misspelt("haupstrasse", "hauptstrasse", True), of_misspelt("burgstrasse", "bergstrasse", False)
    (0.95, 0.8)
    """
    return _MISSPELT[_slip(asked, street)][not agrees]


def of_misspelt_town(asked: str, town: str) -> float:
    """How sure the house of a street is, where no postcode tells that its town is nearly of this name.

    >>> of_misspelt_town("slaina", "salina"), of_misspelt_town("salinas", "salina")
    (0.84, 0.45)
    """
    return _MISSPELT_TOWN[_slip(asked, town)]


def of_street(asked: str, street: str, agrees: bool, numbered: bool) -> float:
    """How sure the middle of a street is; 0 where it is rather another street, which is not in the book.

    >>> of_street("wegenerstrasse", "regenerstrasse", True, True)
    0.0
    """
    if asked == street:
        return STREET
    if not numbered:
        return min(of_misspelt(asked, street, agrees), STREET)
    return _WITHOUT_NUMBER.get(_slip(asked, street), (0.0, 0.0))[not agrees]


def _slip(asked: str, street: str) -> str:
    """How the names differ, without what both may begin with: "Am Rindenhof" has another first letter.

    >>> _slip("amrindenhof", "amlindenhof"), _slip("ruedesfontaines", "ruedesfontaine")
    ('first', 'last')
    """
    same = 0
    for one, other in zip(asked, street, strict=False):
        if one != other:
            break
        same += 1
    else:
        return "last"
    # Else from the last letter that both have: it is looked at, those before it are not.
    start = same if BEFORE.fullmatch(asked[:same]) else same - 1
    return tell_slip(f"{asked[start:]} ", f"{street[start:]} ")
