"""The streets of an address book, each with its houses: of the table ``spelled``, in SQL."""

from __future__ import annotations

from typing import Any

from geopandas_batch.addressbook.importing.middles import MIDDLE, extent, gathered, in_one_line
from geopandas_batch.addressbook.spelling import KIND, MARKS, NUMBER_LAST, OWN

_ALONE = 100  # houses of a postcode, all of one town, are enough to say that it is that town's alone
_STREET = 0.1  # degrees that a street is seldom longer than: 11 km
_APART = 0.003  # degrees: 300 m
_SLICE = 100_000  # streets at a time

_SHOWN = ", ".join(
    f"{in_one_line(f'min({field})')} AS {name}"
    for field, name in (("street", "shown"), ("postcode", "shown_postcode"), ("city", "shown_city"))
)
_KEYS = "street_key, postcode_key, city_key, state_key, country_key"

# A street as it is shown: `place` is behind it, `ahead` and `behind` around the number of a house.
_STREETS = f"""
CREATE TEMP TABLE gathered AS
SELECT row_number() OVER (ORDER BY postcode, street, city, state, country) AS id, {MARKS} AS marks, {KIND} AS kind,
       count(*) OVER (PARTITION BY street) AS streets,
       (sum(houses) OVER code >= {_ALONE} AND min(city) OVER code = max(city) OVER code) AS alone,
       trim(shown_postcode || ' ' || shown_city) AS place,
       CASE WHEN {NUMBER_LAST} THEN shown || ' ' ELSE '' END AS ahead,
       CASE WHEN {NUMBER_LAST} THEN ', ' ELSE ' ' || shown || ', ' END || place AS behind,
       * EXCLUDE (houses, own, shown_postcode)
FROM (
  SELECT *, {OWN} AS own FROM (
    SELECT * RENAME (street_key AS street, postcode_key AS postcode, city_key AS city, state_key AS state,
                     country_key AS country)
    FROM ({gathered(_KEYS, _SHOWN, _STREET)})))
WINDOW code AS (PARTITION BY postcode, country) ORDER BY id
"""
# A number that is there twice, and not at one place, is no house that can be told.
_NUMBERS = f"""
CREATE TEMP TABLE number AS
SELECT id, number_key AS number, {in_one_line("min(number)")} AS shown, NOT {extent(_APART)} AS single, {MIDDLE}
FROM (
  SELECT spelled.*, id FROM spelled JOIN gathered g
  ON (g.street, g.postcode, g.city, g.state, g.country) = ({_KEYS}) WHERE number_key <> '')
GROUP BY id, number_key ORDER BY id, number_key
"""
# The houses of a street in its row: a batch then passes over the streets instead of all houses.
_TABLE = """
CREATE TABLE street AS
SELECT *, []::VARCHAR[] AS numbers, []::STRUCT(shown VARCHAR, single BOOLEAN, lat DOUBLE, lon DOUBLE)[] AS houses
FROM gathered LIMIT 0
"""
_HOUSES = """
INSERT INTO street SELECT * FROM (FROM gathered WHERE id >= {0} AND id < {1}) LEFT JOIN (
  SELECT id, list(number ORDER BY number) AS numbers,
         list(
           {{'shown': shown, 'single': single, 'lat': round(lat, 7), 'lon': round(lon, 7)}} ORDER BY number
         ) AS houses
  FROM number WHERE id >= {0} AND id < {1} GROUP BY id) USING (id)
ORDER BY id
"""


def gather_streets(db: Any) -> None:
    """Make the tables ``gathered``, of streets, and ``number``, of the houses in them."""
    db.execute(_STREETS)
    db.execute(_NUMBERS)


def gather_houses(db: Any) -> None:
    """Make the table ``street`` of both."""
    db.execute(_TABLE)
    for start in range(0, db.execute("SELECT count(*) + 1 FROM gathered").fetchone()[0], _SLICE):
        db.execute(_HOUSES.format(start, start + _SLICE))
