"""Streets that have the house's number in them, of tables without a column for it, in SQL."""

from __future__ import annotations

from typing import Any

from geopandas_batch.addressbook.spelling import KINDS

_NUMBERED = 0.7  # of the streets have a number in them, where there is no column for it
_NUMBER = r"\d{1,5}(?: 1/2)? ?(?:[A-Za-z]|bis|ter)?(?:[-/]\d{1,5}[A-Za-z]?)*"
_FORMS = {"before": rf"^({_NUMBER})[, ]+(\S.*)$", "behind": rf"^(\S.*?)[, ]+({_NUMBER})$"}
_STREETS = "|".join(sorted(KINDS)) + "|carrera|cra|kr|cl|transversal|diagonal"
_BARE = rf"^(?i:{_STREETS})[.]? +\d+[A-Za-z]?$"  # "Calle 8" is a street


def part_streets(db: Any) -> None:
    """Where nearly all streets have a number in front or behind, take it for the house's; not of a list of streets."""
    forms = ", ".join(f"regexp_matches(street, '{form}') AS {name}" for name, form in _FORMS.items())
    share, before, behind = db.execute(
        "SELECT avg((before OR behind)::INT), sum((before AND NOT behind)::INT), sum((behind AND NOT before)::INT) "
        f"FROM (SELECT {forms} FROM (SELECT regexp_replace(street, '{_BARE}', 'x') AS street FROM raw) "
        "WHERE street <> '')"
    ).fetchone()
    if (share or 0) < _NUMBERED:
        return
    # Of "8 de Octubre 1234" the one that most others have.
    for name in ("before", "behind") if before >= behind else ("behind", "before"):
        number, street = (1, 2) if name == "before" else (2, 1)
        db.execute(
            f"UPDATE raw SET number = regexp_extract(street, '{_FORMS[name]}', {number}), "
            f"street = regexp_extract(street, '{_FORMS[name]}', {street}) "
            f"WHERE number = '' AND regexp_matches(street, '{_FORMS[name]}') AND NOT regexp_matches(street, '{_BARE}')"
        )
