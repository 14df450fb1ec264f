"""Where streets, postcodes and towns are, in SQL: the middle of their houses, also where some are somewhere else."""

from __future__ import annotations

# Longitudes as directions, since the mean of 179.9 and -179.9 is not 0.
MIDDLE = "avg(lat) AS lat, degrees(atan2(avg(sin(radians(lon))), avg(cos(radians(lon))))) AS lon"


def in_one_line(text: str) -> str:
    """A text as it is shown: without line breaks and the like."""
    return f"regexp_replace({text}, '[\\x00-\\x1f\\x7f]+', ' ', 'g')"


def extent(size: float) -> str:
    """Whether some points of a group are farther apart than so many degrees."""
    return f"(max(lat) - min(lat) > {size} OR max(lon) - min(lon) BETWEEN {size} AND {360 - size})"


def gathered(keys: str, columns: str, size: float) -> str:
    """The groups of the table ``spelled``, as a statement.

    Parameters
    ----------
    keys : str
        Columns whose texts are a group.
    columns : str
        What else is wanted of each group.
    size : float
        Degrees. A group that is larger has a house that is entered wrongly, or is several towns of one name: its middle
        is that of the houses where most of them are, and ``wide`` says whether many are somewhere else.
    """
    each = keys.split(", ")
    named = " AND ".join(f"{key} <> ''" for key in each[:1])
    return f"""
    WITH grouped AS MATERIALIZED (
      SELECT {keys}, {columns}, count(*) AS houses, {MIDDLE}, {extent(size)} AS wide
      FROM spelled WHERE {named} GROUP BY {keys}),
    scattered AS MATERIALIZED (
      SELECT spelled.* FROM spelled SEMI JOIN (SELECT * FROM grouped WHERE wide) USING ({keys})),
    cell AS (
      SELECT {keys}, avg(lat) AS lat, avg(lon) AS lon FROM scattered
      GROUP BY {keys}, floor(lat / {size}), floor(lon / {size})
      QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY count(*) DESC, min(lat), min(lon)) = 1),
    most AS (
      SELECT {keys}, avg(s.lat) AS lat, avg(s.lon) AS lon, count(*) AS houses FROM scattered s JOIN cell USING ({keys})
      WHERE abs(s.lat - cell.lat) < {size} AND abs(s.lon - cell.lon) < {size} GROUP BY {keys})
    SELECT grouped.* REPLACE (
      coalesce(most.lat, grouped.lat) AS lat, coalesce(most.lon, grouped.lon) AS lon,
      coalesce(grouped.houses - most.houses > greatest(2, grouped.houses / 10), false) AS wide)
    FROM grouped LEFT JOIN most USING ({keys})"""
