"""A client that others wrote for the service gets right answers from the double (geobatchpy on PyPI, MIT)."""

import pytest

from geopandas_batch.testing import FakeGeoapify

batch = pytest.importorskip("geobatchpy.batch")
TEXTS = ["10 Downing Street, London", "Åsgårdveien 1, 0873 Oslo", "nowhere at all"]


@pytest.fixture
def fake():
    with FakeGeoapify() as fake:
        yield fake


@pytest.fixture
def client(fake, monkeypatch):
    """Their client, with the host of the service replaced: it has no setting for it."""
    theirs = batch.get_api_url
    monkeypatch.setattr(
        batch, "get_api_url", lambda **given: theirs(**given).replace("https://api.geoapify.com/v1", fake.url)
    )
    return batch.BatchClient(api_key=fake.key)


def test_texts_are_answered_with_the_expected_places(fake, client):
    found = client.geocode(TEXTS, parameters={"format": "json"}, simplify_output=True)

    assert [(each["lat"], each["lon"]) if "lat" in each else None for each in found] == [
        fake.expected(text) for text in TEXTS
    ]


def test_geojson_and_batches_are_joined_in_order(fake, client):
    found = client.geocode(TEXTS[:2] * 2, batch_len=2, parameters={"format": "geojson"}, simplify_output=True)

    assert [tuple(each["geometry"]["coordinates"][::-1]) for each in found] == [fake.expected(t) for t in TEXTS[:2] * 2]


def test_points_are_answered_with_the_expected_addresses(fake, client):
    (found,) = client.reverse_geocode([(10.5, 59.5)], simplify_output=True)

    assert (found["lon"], found["formatted"]) == (10.5, fake.expected_address(59.5, 10.5))
