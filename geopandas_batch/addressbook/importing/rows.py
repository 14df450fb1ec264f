"""The rows of a table, in SQL: texts without what says nothing, points that are on Earth, streets without numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geopandas_batch.addressbook.spelling import KINDS

TEXTS = ("number", "street", "city", "postcode", "state", "country")

# What programs write where there is nothing; None is a town as well.
_NOTHING, _MORE = r"'nan', 'NaN', 'NULL', '<NA>', '#N/A', '\N'", ", 'None', 'none'"
_NUMBERED = 0.7  # of the streets have a number in them, where there is no column for it
_NUMBER = r"\d{1,5}(?: 1/2)? ?(?:[A-Za-z]|bis|ter)?(?:[-/]\d{1,5}[A-Za-z]?)*"
_FORMS = {"before": rf"^({_NUMBER})[, ]+(\S.*)$", "behind": rf"^(\S.*?)[, ]+({_NUMBER})$"}
_STREETS = "|".join(sorted(KINDS)) + "|carrera|cra|kr|cl|transversal|diagonal"
_BARE = rf"^(?i:{_STREETS})[.]? +\d+[A-Za-z]?$"  # "Calle 8" is a street


def take_rows(db: Any, rows_of: str, fields: Mapping[str, str]) -> None:
    """Make the table ``raw`` of those rows that have a point and a street, town or postcode."""
    # "12.0" is 12: where some numbers are missing, pandas makes decimal ones of all.
    whole = "regexp_replace(CAST({} AS VARCHAR), '^\\s*(\\d+)\\.0+(\\s.*)?$', '\\1\\2')"
    texts = ", ".join(
        f"CASE WHEN {f} IN ({_NOTHING}{_MORE if f in ('number', 'postcode') else ''}) THEN '' ELSE {f} END AS {f}"
        for f in TEXTS
    )
    given = ", ".join(f"coalesce(trim({whole.format(fields[f] or 'NULL')}), '') AS {f}" for f in TEXTS)
    # A decimal comma is a point.
    point = ", ".join(
        f"TRY_CAST(replace(CAST({fields[f]} AS VARCHAR), ',', '.') AS DOUBLE) AS {f}" for f in ("lat", "lon")
    )
    db.execute(
        "CREATE TEMP TABLE raw AS SELECT * FROM "
        f"(SELECT {texts}, lat, lon FROM (SELECT {given}, {point} FROM {rows_of})) "
        # What has no place is often entered as 0, 0, which is a point in the sea.
        "WHERE abs(lat) <= 90 AND abs(lon) <= 180 AND (lat, lon) <> (0, 0) AND street || city || postcode <> ''"
    )
    if not fields["number"]:
        _part_streets(db)


def _part_streets(db: Any) -> None:
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
