"""The replies of the double fit the vendor's own OpenAPI description, to the last key.

The description (``geoapify-openapi/``) asks for hardly any key and forbids none, so it is read strictly here: a key
that it does not have is an error. It has fewer keys than the service, so these are added: ``rank.importance`` and
``rank.popularity`` (in its own examples), and ``name`` of a query in parts (in the vendor's newer description).
It knows nothing of the generic ``/v1/batch``; each ``result`` there has the form of a single reply.
"""

import json
from functools import cache
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from geopandas_batch.testing import FakeGeoapify, Found

jsonschema = pytest.importorskip("jsonschema")
yaml = pytest.importorskip("yaml")

FILES = Path(__file__).parent / "geoapify-openapi" / "geocoding"
NUMBER, TEXT = {"type": "number"}, {"type": "string"}


@cache
def load(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def strict(node, path):
    """The schema with its references filled in and its ``allOf`` merged, so that other keys can be forbidden."""
    if "$ref" in node:
        file, _, pointer = node["$ref"].partition("#")
        path = (path.parent / file).resolve() if file else path
        target = load(path)
        for name in pointer.strip("/").split("/"):
            target = target[name]
        closed = strict(target, path)
        if pointer.endswith("/Rank"):
            closed["properties"] |= {"importance": NUMBER, "popularity": NUMBER}
        if pointer.endswith("/QueryInfo"):
            closed["properties"] |= {"name": TEXT}
            closed["properties"]["parsed"]["properties"] |= {"name": TEXT}
        return closed
    if "allOf" in node:
        merged = {name: each for part in node["allOf"] for name, each in strict(part, path)["properties"].items()}
        return {"type": "object", "properties": merged, "additionalProperties": False}
    closed = dict(node)
    if "properties" in node:
        closed["properties"] = {name: strict(each, path) for name, each in node["properties"].items()}
        closed["additionalProperties"] = False
    if "items" in node:
        closed["items"] = strict(node["items"], path)
    return closed


def check(reply, file, name):
    """Every key of the reply is described, and of the type described."""
    jsonschema.validate(reply, strict({"$ref": f"{file}#/components/schemas/{name}"}, FILES / file))


PLACES = {"town": Found(51.5, -0.1, "city", 0.2, "match_by_city_or_disrict"), "road": Found(51, 0, "street", 0.5)}
ADDRESSES = ["10 Downing Street, London", "town", "road", "nowhere"]
PARTS = [{"name": "Louvre", "city": "Paris"}, {"housenumber": "1", "street": "Elm", "postcode": "2", "country": "US"}]


@pytest.fixture(scope="module")
def ask():
    with FakeGeoapify(places=PLACES) as fake:

        def ask(path, body=None):
            headers = {"x-api-key": fake.key, "Content-Type": "application/json"}
            data = None if body is None else json.dumps(body).encode()
            with urlopen(Request(fake.url + path, data, headers), timeout=30) as reply:
                return json.load(reply)

        yield ask


def collect(ask, path, body):
    return ask(f"{path}?id={ask(path, body)['id']}")


@pytest.mark.parametrize("kind", ["search", "reverse"])
def test_submit_reply_fits(ask, kind):
    reply = ask(f"/batch/geocode/{kind}", ["a"] if kind == "search" else [[1, 50]])

    check(reply, "batch_geocoding.yaml", "BatchJobResponse")


def test_plain_results_fit(ask):
    check(collect(ask, "/batch/geocode/search", ADDRESSES), "batch_geocoding.yaml", "BatchForwardGeocodingResults")


def test_plain_reverse_results_fit(ask):
    points = [[10.5, 59.5], {"lon": 0, "lat": 0}]

    check(collect(ask, "/batch/geocode/reverse", points), "batch_geocoding.yaml", "BatchReverseGeocodingResults")


@pytest.mark.parametrize(("form", "name"), [("json", "GeocodingJsonResponse"), ("geojson", "GeocodingGeoJsonResponse")])
def test_generic_results_fit(ask, form, name):
    inputs = [{"params": {"text": text}} for text in ADDRESSES] + [{"params": parts} for parts in PARTS]
    job = collect(ask, "/batch", {"api": "/v1/geocode/search", "params": {"format": form}, "inputs": inputs})

    assert len(job["results"]) == len(inputs)
    for each in job["results"]:
        check(each["result"], "forward_geocoding.yaml", name)


@pytest.mark.parametrize(
    ("form", "name"), [("json", "ReverseGeocodingJsonResponse"), ("geojson", "ReverseGeocodingGeoJsonResponse")]
)
@pytest.mark.parametrize("point", ["lat=59.5&lon=10.5", "lat=0&lon=0"])
def test_single_reverse_reply_fits(ask, form, name, point):
    check(ask(f"/geocode/reverse?{point}&format={form}"), "reverse_geocoding.yaml", name)


def test_keys_of_a_house_are_those_of_the_vendors_example(ask):
    """An example may have more: names of parts of a town, which are optional."""
    example = yaml.safe_load((FILES / "forward_geocoding.yaml").read_text(encoding="utf-8"))
    content = example["paths"]["/geocode/search"]["get"]["responses"]["200"]["content"]["application/json"]
    theirs = json.loads(content["examples"]["format=json"]["value"])["results"][0]
    ours = ask("/geocode/search?text=8+Main+Street&format=json")["results"][0]

    assert ours.keys() <= theirs.keys()
    assert theirs.keys() - ours.keys() == {"bbox", "category", "district", "suburb", "state_code"}
    assert ours["rank"].keys() - {"popularity"} == theirs["rank"].keys()


def test_strict_reading_accepts_the_vendors_examples_and_refuses_another_key():
    example = yaml.safe_load((FILES / "forward_geocoding.yaml").read_text(encoding="utf-8"))
    content = example["paths"]["/geocode/search"]["get"]["responses"]["200"]["content"]["application/json"]
    theirs = json.loads(content["examples"]["format=json"]["value"])
    check(theirs, "forward_geocoding.yaml", "GeocodingJsonResponse")
    theirs["results"][0]["latitude"] = 1

    with pytest.raises(jsonschema.ValidationError, match="latitude"):
        check(theirs, "forward_geocoding.yaml", "GeocodingJsonResponse")
