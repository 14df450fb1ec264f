"""A double of Géoplateforme's geocoding of CSV files (addok), with made-up places."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from aiohttp import web

from geopandas_batch.testing.fiction import LANDS, Found, Refused
from geopandas_batch.testing.filing import FileDouble
from geopandas_batch.testing.uploads import RefusedError, Upload, table

# The columns of an answer, in the order in which the service has them.
RESULTS = (
    "longitude", "latitude", "result_score", "result_score_next", "result_label", "result_type", "result_id",
    "result_banId", "result_housenumber", "result_name", "result_street", "result_postcode", "result_city",
    "result_context", "result_citycode", "result_oldcitycode", "result_oldcity", "result_district", "result_status",
)  # fmt: skip
REVERSE_RESULTS = ("result_latitude", "result_longitude", "result_distance", *RESULTS[4:])
_LOIRET = next(land for land in LANDS if land.code == "fr")
_TYPES = {"building": "housenumber", "amenity": "housenumber", "street": "street", "city": "municipality"}
_FILTERS = ("postcode", "citycode", "type")


class FakeGeoplateforme(FileDouble):
    """Géoplateforme on this machine: a CSV file in, the same rows with more columns out, in their order.

    A made-up place depends on the words of its address alone; see :meth:`expected`. It is near Orléans, in the postcode
    45000 and the commune 45234. Points have an address wherever they are between 41 and 52° N, 6° W and 10° E.

    Parameters
    ----------
    places : mapping or callable, optional
        What it knows, as with :class:`FakeGeoapify`: a mapping from the text of an address, or a function of
        ``{"text": ...}`` with the words in lower case and no commas. ``result_type`` of a :class:`Found` is building
        (housenumber), street, suburb (locality) or city (municipality), ``confidence`` the score, and
        ``extra={"score_next": 0.9}`` that of the runner-up.
    not_found : set of str, or callable
        By default what has the word "nowhere".
    refused : set of str, or callable
        Rows with the status "skipped": by default what has the word "refused".
    poison : set of str, or callable
        Addresses that spoil the file in which they are: it is answered with 500. By default none.
    max_per_second : float, optional
        Requests in any second, beyond which the answer is 429. None: no limit.
    seconds_per_file : float
        How long a file takes.
    seed : int
        Chance depends on it alone.

    Examples
    --------
    >>> import geopandas_batch
    >>> from geopandas_batch.services import Geoplateforme
    >>> with FakeGeoplateforme() as fake:
    ...     service = Geoplateforme(base_url=fake.url)
    ...     found = geopandas_batch.locate(["8 rue du Port, Orléans"], service=service, cache=False)
    >>> tuple(found.loc[0, ["lat", "lon"]]) == fake.expected("8 rue du Port, Orléans")
    True
    """

    file_field = "data"
    land = _LOIRET

    @property
    def url(self) -> str:
        """What to give as the service's base address: ``http://127.0.0.1:PORT/geocodage``."""
        return self._base("/geocodage")

    def _answers(self, path: str, upload: Upload) -> tuple[list[list[str]], int]:
        what = path.rstrip("/").removeprefix("/geocodage/")
        if what not in ("search/csv", "reverse/csv"):
            raise RefusedError(404)
        if not upload.rows:
            raise RefusedError(400, "Errors in CSV file: it is empty")
        head, *rows = upload.rows
        columns = upload.fields.get("columns", head)
        if any(name not in head for name in columns):
            raise RefusedError(400, "At least one given column name is unknown")
        reverse, results = what == "reverse/csv", REVERSE_RESULTS if what == "reverse/csv" else RESULTS
        filters = {name: upload.fields[name][0] for name in _FILTERS if name in upload.fields}
        answers = []
        for row in rows:
            cells = dict(zip(head, row, strict=True))
            found = self._near(cells, upload) if reverse else self._found(cells, columns, filters)
            answers.append([*row, *(found.get(name, "") for name in results)])
        return [[*head, *results], *answers], 1

    def _found(self, cells: Mapping[str, str], columns: Sequence[str], filters: Mapping[str, str]) -> dict[str, str]:
        asked = " ".join(cells[name].strip() for name in columns).strip()
        self._accept(asked)
        if len(asked) < 3 or not asked[0].isalnum():
            return {"result_status": "skipped"}
        place = self._place(asked)
        if isinstance(place, Refused):
            return {"result_status": "skipped"}
        if not isinstance(place, Found):
            return {"result_status": "not-found"}
        answer = self._answer_of(place, place.formatted or asked)
        for name, column in filters.items():
            wanted = cells[column].split("+")
            if cells[column] and answer[f"result_{name}"] not in wanted:
                return {"result_status": "not-found"}
        where = {"longitude": str(place.lon), "latitude": str(place.lat)}
        score = {"result_score": str(place.confidence), "result_score_next": str(place.extra.get("score_next", ""))}
        return {**answer, **where, **score}

    def _near(self, cells: Mapping[str, str], upload: Upload) -> dict[str, str]:
        lat, lon = (float(cells[upload.fields.get(name, [name])[0]]) for name in ("lat", "lon"))
        self._accept(f"{lat},{lon}")
        if not (41 <= lat <= 52 and -6 <= lon <= 10):  # the mainland and what is around it
            return {"result_status": "not-found"}
        place = Found(lat, lon)
        where = {"result_longitude": str(lon), "result_latitude": str(lat), "result_distance": "7"}
        return {**self._answer_of(place, f"{abs(int(lon * 1000))} rue du Point {lat:.3f} {lon:.3f}"), **where}

    def _answer_of(self, place: Found, label: str) -> dict[str, str]:
        kind = _TYPES.get(place.result_type, "locality")
        return {
            "result_label": label,
            "result_type": kind,
            "result_id": f"45234_{len(label):04}",
            "result_name": label,
            "result_postcode": str(place.extra.get("postcode", _LOIRET.postcode)),
            "result_city": _LOIRET.city,
            "result_context": f"45, Loiret, {_LOIRET.state}",
            "result_citycode": str(place.extra.get("citycode", "45234")),
            "result_status": "ok",
        }

    def _row_error(self, row: list[str]) -> list[str]:
        return [*row[:-1], "error"]

    def _written(self, rows: list[list[str]]) -> web.Response:
        headers = {
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": 'attachment; filename="geocoded.csv"',
        }
        return web.Response(body=table(rows, quoted=False).encode(), headers=headers)

    def _error(self, status: int, message: str, headers: Mapping[str, str]) -> web.Response:
        said = message or ("An unexpected error has occurred" if status >= 500 else "Refused")
        body = json.dumps({"code": status, "message": said}).encode()
        return web.Response(status=status, body=body, headers={"Content-Type": "application/json", **headers})
