"""Which column of a table is what: known schemas, and the names that people give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from geopandas_batch.errors import SettingsError, there_are

FIELDS = ("number", "street", "city", "postcode", "state", "country", "lat", "lon")

# By the columns that tell the schema, in small letters: SQL for each field, to which small and capital letters are one.
_OVERTURE = {
    "number": "number",
    "street": "street",
    "city": "coalesce(CAST(postal_city AS VARCHAR), address_levels[-1].value)",
    "postcode": "postcode",
    "state": "address_levels[1].value",
    "country": "country",
    "lat": "(bbox.ymin + bbox.ymax) / 2",
    "lon": "(bbox.xmin + bbox.xmax) / 2",
}
_WITHOUT_BBOX = {field: sql for field, sql in _OVERTURE.items() if field not in ("lat", "lon")}
_BAN = {
    "number": "concat_ws(' ', numero, rep)",
    "street": "nom_voie",
    # Paris, Lyon and Marseille are towns, of which the postcode tells the part.
    "city": r"regexp_replace(nom_commune, ' \d+e?r? Arrondissement$', '')",
    "postcode": "code_postal",
    "country": "'FR'",
    "lat": "lat",
    "lon": "lon",
}
_OPENADDRESSES = {
    "number": '"NUMBER"',
    "street": '"STREET"',
    "city": 'coalesce(nullif(trim("CITY"), \'\'), "DISTRICT")',
    "postcode": '"POSTCODE"',
    "state": '"REGION"',
    "lat": '"LAT"',
    "lon": '"LON"',
}
_KNOWN: Sequence[tuple[set[str], Mapping[str, str]]] = (
    ({"bbox", "address_levels", "postal_city", "street", "number", "postcode"}, _OVERTURE),
    ({"address_levels", "postal_city", "street", "number", "postcode"}, _WITHOUT_BBOX),
    ({"numero", "rep", "nom_voie", "nom_commune", "code_postal", "lat", "lon"}, _BAN),
    ({"lon", "lat", "number", "street", "city", "district", "region", "postcode"}, _OPENADDRESSES),
)
_USUAL = {
    "number": (
        *("number", "housenumber", "house_number", "house number", "houseno", "house_no", "housenum", "house_num"),
        *("street_number", "streetnumber", "street number", "hausnummer", "hausnr", "haus_nr", "hausnr.", "hnr"),
        *("numero", "número", "nr", "no", "civico", "huisnummer"),
    ),
    "street": (
        *("street", "street_name", "streetname", "street name", "road", "strasse", "straße", "rue", "voie", "nom_voie"),
        *("calle", "via", "rua", "straat"),
    ),
    "city": ("city", "town", "place", "locality", "municipality", "ort", "stadt", "ville", "commune", "ciudad"),
    "postcode": ("postcode", "postal_code", "postalcode", "zip", "zipcode", "zip_code", "plz", "code_postal", "cp"),
    "state": ("state", "region", "province"),
    "country": ("country", "country_code", "countrycode", "country_name", "land", "pays", "pais", "paese"),
    "lat": ("lat", "latitude", "breitengrad", "y"),
    "lon": ("lon", "lng", "long", "longitude", "längengrad", "laengengrad", "x"),
}


# Of a GeoParquet's points, as text: "POINT (6.08 50.77)".
_POINT = {
    "lat": r"regexp_extract(CAST({} AS VARCHAR), '^POINT *Z? *\(\S+ ([^ )]+)', 1)",
    "lon": r"regexp_extract(CAST({} AS VARCHAR), '^POINT *Z? *\((\S+)', 1)",
}


def columns_of(columns: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """SQL for each field of a table with these columns; the empty text for one that it has not.

    Parameters
    ----------
    columns : mapping
        Of the table: the engine's type for each.
    given : mapping
        Of fields to columns, as the user says; they go before what is proposed.

    Raises
    ------
    SettingsError
        A column is not there, or there is none for the street, the town or the point.

    Examples
    --------
    >>> columns_of(dict.fromkeys(["lon", "lat", "Hausnummer", "Strasse", "Ort"], "VARCHAR"), {})["street"]
    '"Strasse"'
    """
    if missing := [name for name in given.values() if name not in columns]:
        raise SettingsError(f"the address book has no column {', '.join(map(repr, missing))}. {there_are(columns)}")
    by_lower = {name.strip().lower(): name for name in reversed(list(columns))}
    known: Mapping[str, str] = next((fields for marks, fields in _KNOWN if marks <= by_lower.keys()), {})
    found = {}
    for field in FIELDS:
        usual = next((by_lower[name] for name in _USUAL[field] if name in by_lower), None)
        if field in given:
            found[field] = quoted(given[field])
        else:
            found[field] = known.get(field, "" if usual is None else quoted(usual))
    shape = next((quoted(name) for name, kind in columns.items() if kind.startswith("GEOMETRY")), "")
    if shape and not (found["lat"] or found["lon"]):
        found |= {field: sql.format(shape) for field, sql in _POINT.items()}
    if found["lat"] and found["lat"] == found["lon"]:
        raise SettingsError(
            f"{found['lat']} is said to be latitude and longitude of the address book: it is one of them"
        )
    needed = [field for field in ("street", "lat", "lon") if not found[field]]
    if not (found["city"] or found["postcode"]):
        needed.append("city")
    if needed:
        raise SettingsError(
            f"say which column of the address book has the {', the '.join(needed)}: "
            f"AddressBook(..., {', '.join(f'{field}=...' for field in needed)}). {there_are(columns)}"
        )
    return found


def quoted(name: str) -> str:
    """A column's name in SQL."""
    return '"' + name.replace('"', '""') + '"'
