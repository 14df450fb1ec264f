"""The questions to the index, in SQL: the table ``asked`` is joined with what the book has."""

from __future__ import annotations

from geopandas_batch.addressbook.spelling import EDGES, KIND, MARKS, OWN

# A misspelling: so many letters of a name of so many are wrong, left out, doubled or swapped.
_MISSPELT = "CASE WHEN length({0}) < 4 THEN 0 WHEN length({0}) < 14 THEN 1 ELSE 2 END"
# To count them takes the engine 3 µs a pair, without the swapped ones 0.5 µs, the similarity of Jaro 0.1 µs. So that
# comes first, and lets through what has three times as many errors: letters that a name has twice may be paired
# wrongly. Who has less than two errors has none that is swapped, and a swap is no more than two.
_SIMILAR = (
    f"abs(length({{0}}) - length({{1}})) <= ({_MISSPELT}) "
    f"AND jaro_similarity({{0}}, {{1}}) > 1 - 2.0 * ({_MISSPELT}) / length({{0}})"
)
_FAR = (
    f"CASE WHEN levenshtein({{0}}, {{1}}) BETWEEN 2 AND 2 * ({_MISSPELT}) THEN damerau_levenshtein({{0}}, {{1}}) "
    "ELSE levenshtein({0}, {1}) END"
)
# One letter of these is as much as a word of others.
_IDEOGRAPHS = "regexp_matches({0}, '[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]')"
_BARRIER = "LIMIT 1000000000"  # else the planner counts before it compares

# Postcodes that the book does not have, with the zero at their beginning that they lost, or without the one that the
# book's have lost: tables make numbers of them.
CODES = """
SELECT maybe.postcode, min(known) AS known
FROM (SELECT postcode, unnest([lpad(postcode, 5, '0'), ltrim(postcode, '0')]) AS known FROM asked) maybe
JOIN postcode_area area ON area.postcode = known
WHERE maybe.postcode NOT IN (SELECT postcode FROM postcode_area)
GROUP BY maybe.postcode HAVING count(DISTINCT known) = 1
"""

# Names that the book does not have, without the letters that stand for dots: "Muehlgasse" and "Koeln", as Mühlgasse and
# Köln have lost theirs.
DOTS = """
SELECT wrong.key, word.key AS known
FROM (SELECT key, regexp_replace(key, '([ao]|[^aeioq]u)e(.)', '\\1\\2', 'g') AS undotted
      FROM asked ANTI JOIN word USING (key)) wrong
JOIN word ON word.key = undotted
"""

# Towns that the book does not have, put right where one town is the nearest, and the postcode none of somewhere else.
TOWNS = f"""
WITH wrong AS MATERIALIZED (
  SELECT city, postcode FROM asked ANTI JOIN city_area USING (city)
  WHERE NOT {_IDEOGRAPHS.format("city")} AND (postcode = '' OR postcode IN (SELECT postcode FROM postcode_area))),
edges AS (SELECT city, unnest(['^' || city[:2], city[-2:] || '$']) AS edge FROM (SELECT DISTINCT city FROM wrong)),
pairs AS MATERIALIZED (
  SELECT DISTINCT edges.city, city_edge.city AS known FROM edges JOIN city_edge USING (edge)),
near AS MATERIALIZED (SELECT * FROM pairs WHERE {_SIMILAR.format("city", "known")} {_BARRIER}),
misspelt AS MATERIALIZED (SELECT city, known, {_FAR.format("city", "known")} AS far FROM near),
nearest AS (
  SELECT * FROM misspelt WHERE far <= {_MISSPELT.format("city")} QUALIFY far = min(far) OVER (PARTITION BY city))
SELECT city, postcode, known FROM wrong JOIN (
  SELECT city, min(known) AS known FROM nearest GROUP BY city HAVING count(*) = 1) USING (city)
"""

_NO_OTHER_COUNTRY = "(a.country = '' OR s.country = '' OR a.country = s.country)"
# "IL" and "MA" contradict each other, "BY" and "Bayern" need not. A postcode that is wrong is of the same region.
_NO_OTHER_STATE = (
    "(a.state = '' OR s.state = '' OR a.state = s.state OR (length(a.state) > 3) <> (length(s.state) > 3))"
)
_NEAR_POSTCODE = "(a.postcode = '' OR s.postcode = '' OR a.postcode[:2] = s.postcode[:2])"
# Villages share postcodes, and each has its Church Street. A town that is not in the book may be another name of one
# that is there: a longer or a misspelt one, or any name where the postcode has no other town.
_NO_OTHER_TOWN = (
    "(a.city = '' OR s.city = '' OR a.city = s.city OR (NOT a.known AND (contains(a.city, s.city) OR (contains(s.city, "
    "a.city) AND length(a.city) > 2) OR jaro_winkler_similarity(a.city, s.city) > 0.85 "
    "OR damerau_levenshtein(a.city, s.city) < 2)))"
)
# What is not asked agrees with nothing: else the rows of a street that lack a postcode would hide those that have one.
_AGREE = " + ".join(f"(a.{f} <> '' AND a.{f} = s.{f})::INT" for f in ("postcode", "city", "state")) + " AS agree"

# All that is asked is as in the book, the postcode too.
_ALL_AGREES = (
    "a.postcode <> '' AND a.postcode = s.postcode AND (a.city = '' OR a.city = s.city) "
    "AND (a.state = '' OR s.state = '' OR a.state = s.state)"
)
# What is the name of other streets of the book is no misspelling, unless it is so seldom that theirs may be one.
_NO_NAME = "a.streets * 10 < s.streets"

# Streets: exact in the postcode or town; else misspelt in the postcode or town. The nearest in spelling, and of these
# those that agree with most of what is asked, and the house of this number in them.
STREETS = f"""
WITH told AS MATERIALIZED (SELECT *, city IN (SELECT city FROM city_area) AS known FROM asked),
exact AS MATERIALIZED (
  SELECT a.i, s.id, 0 AS far, {_AGREE},
         CASE WHEN a.city = s.city THEN false ELSE NOT {_NO_OTHER_TOWN} END AS strange
  FROM told a JOIN street s ON a.street = s.street AND a.postcode = s.postcode
  WHERE a.postcode <> '' AND {_NO_OTHER_COUNTRY}
    AND ({_NO_OTHER_TOWN} OR (NOT a.known AND s.alone AND {_NO_OTHER_STATE}))
  UNION ALL
  SELECT a.i, s.id, 0, {_AGREE}, false
  FROM told a JOIN street s ON a.street = s.street AND a.city = s.city
  WHERE a.city <> '' AND (a.postcode = '' OR a.postcode <> s.postcode) AND {_NEAR_POSTCODE} AND {_NO_OTHER_STATE}
    AND {_NO_OTHER_COUNTRY}),
open AS MATERIALIZED (
  SELECT *, {MARKS} AS marks, {KIND} AS kind, {EDGES} AS edges FROM (
    SELECT told.*, coalesce(word.streets, 0) AS streets, {OWN} AS own
    FROM told ANTI JOIN exact USING (i) LEFT JOIN word ON key = street
    WHERE length(street) > 3 AND NOT {_IDEOGRAPHS.format("street")})),
edges AS (SELECT *, unnest(edges) AS edge FROM open WHERE city <> ''),
-- Pairs first, and then what they have in common: the engine is slow to do that while it joins.
pairs AS MATERIALIZED (
  SELECT a.i, s.id, a.street AS asked, s.street, a.kind AS asked_kind, s.kind, {_AGREE}
  FROM open a JOIN street s ON a.postcode = s.postcode AND a.marks = s.marks
  WHERE a.postcode <> '' AND {_NO_OTHER_TOWN} AND {_NO_OTHER_COUNTRY} AND {_NO_NAME}
  UNION ALL
  SELECT a.i, s.id, a.street, s.street, a.kind, s.kind, {_AGREE}
  FROM edges a JOIN street_edge s ON a.city = s.city AND a.edge = s.edge AND a.marks = s.marks
  WHERE (a.postcode = '' OR a.postcode <> s.postcode) AND {_NEAR_POSTCODE} AND {_NO_OTHER_STATE}
    AND {_NO_OTHER_COUNTRY} AND {_NO_NAME}),
near AS MATERIALIZED (
  SELECT DISTINCT i, id, asked, street, agree FROM pairs
  WHERE (kind = asked_kind OR kind = '' OR asked_kind = '') AND {_SIMILAR.format("asked", "street")} {_BARRIER}),
measured AS MATERIALIZED (SELECT i, id, asked, {_FAR.format("asked", "street")} AS far, agree, street FROM near),
misspelt AS MATERIALIZED (SELECT * FROM measured WHERE far <= {_MISSPELT.format("asked")}),
-- The nearest, and of these those that agree with most, by least numbers: windows over all take three times as long.
found AS MATERIALIZED (
  SELECT i, id, far, agree, strange, false AS rival FROM exact
  UNION ALL
  SELECT i, id, far, agree, false, rival FROM misspelt
  JOIN (SELECT i, far, min(street) <> max(street) AS rival FROM misspelt GROUP BY i, far) USING (i, far)),
best AS (
  SELECT found.*, sole FROM found
  JOIN (SELECT i, min(8 * far - agree) AS least, count(*) = 1 AS sole FROM found GROUP BY i) USING (i)
  WHERE 8 * far - agree = least),
houses AS (
  SELECT b.i, b.id, b.far, b.agree > 1 OR a.city = '' AS told, b.strange, b.sole,
         CASE WHEN b.far = 0 OR b.rival THEN false ELSE {_ALL_AGREES} END AS agrees,
         a.postcode <> '' AND s.postcode <> '' AND a.postcode <> s.postcode AS moved,
         CASE WHEN a.postcode <> '' AND a.postcode = s.postcode THEN '' ELSE a.written END AS written,
         s.street, s.shown, s.shown_city, s.city, s.place, s.ahead, s.behind, s.lat, s.lon, s.wide,
         s.houses[list_position(s.numbers, a.number)] AS house
  FROM best b JOIN told a USING (i) JOIN street s USING (id))
SELECT i, id, far, told, agrees, strange, moved, written, lat, lon, wide,
       coalesce(house.single, false) AS single,
       -- What is said of a house only where something is otherwise: to hand out texts takes as long as to join them.
       sole AND single AND far = 0 AND NOT strange AND NOT moved AND written = '' AS plain,
       CASE WHEN plain THEN '' ELSE street END AS street, CASE WHEN plain THEN '' ELSE shown END AS name,
       CASE WHEN plain THEN '' ELSE shown_city END AS city, CASE WHEN plain THEN '' ELSE houses.city END AS town,
       CASE WHEN plain THEN '' ELSE shown || ', ' || place END AS shown,
       CASE WHEN plain THEN '' ELSE coalesce(house.shown, '') END AS number,
       ahead || coalesce(house.shown, '') || behind AS house,
       coalesce(house.lat, 0) AS house_lat, coalesce(house.lon, 0) AS house_lon
FROM houses
"""

AREAS = f"""
SELECT a.i, 'postcode' AS match, trim(s.shown || ' ' || s.shown_city) AS shown, s.lat, s.lon, s.houses, s.wide
FROM asked a JOIN postcode_area s ON a.postcode = s.postcode WHERE a.postcode <> '' AND {_NO_OTHER_COUNTRY}
UNION ALL
SELECT a.i, 'city', s.shown, s.lat, s.lon, s.houses, s.wide
FROM asked a JOIN city_area s ON a.city = s.city WHERE a.city <> '' AND {_NO_OTHER_STATE} AND {_NO_OTHER_COUNTRY}
ORDER BY ALL
"""
