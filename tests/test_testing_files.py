"""The doubles that take files speak their services' protocols: asked by a public client, and over a bare socket."""

from __future__ import annotations

import csv
import io
import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from geopandas_batch.testing import FakeCensus, FakeGeoplateforme, Found

SALINA = {"city": "Salina", "state": "KS", "zip": "67401"}


def post(url: str, file: tuple[str, bytes], *fields: tuple[str, str]) -> tuple[int, dict[str, str], str]:
    """Status, headers and text of a form with a file."""
    parts = [f'--b\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'.encode() for n, v in fields]
    head = f'--b\r\nContent-Disposition: form-data; name="{file[0]}"; filename="x.csv"\r\n\r\n'.encode()
    body = b"".join([*parts, head, file[1], b"\r\n--b--\r\n"])
    request = Request(url, body, {"Content-Type": "multipart/form-data; boundary=b"})
    try:
        with urlopen(request, timeout=30) as reply:
            return reply.status, {n.lower(): v for n, v in reply.headers.items()}, reply.read().decode()
    except HTTPError as error:
        return error.code, {n.lower(): v for n, v in error.headers.items()}, error.read().decode()


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_a_public_client_of_the_census_is_answered_rightly():
    client = pytest.importorskip("censusgeocode").CensusGeocode(
        benchmark="Public_AR_Current", vintage="Current_Current"
    )
    sent = [{"id": n, "street": f"{n} {'Nowhere' if n % 5 == 0 else 'Main'} Street", **SALINA} for n in range(1, 61)]
    with FakeCensus() as fake:
        client._url = fake.url + "/{returntype}/{searchtype}"
        places = {int(each["id"]): each for each in client.addressbatch(sent, returntype="locations")}
        areas = {int(each["id"]): each for each in client.addressbatch(sent, returntype="geographies")}
        expected = {each["id"]: fake.expected(f"{each['street']} Salina KS 67401") for each in sent}

    assert {n: each["match"] for n, each in places.items()} == {n: each is not None for n, each in expected.items()}
    found = {n: (each["lat"], each["lon"]) for n, each in places.items() if each["match"]}
    assert found == {n: each for n, each in expected.items() if each}
    assert areas[1]["tract"] == "000100" and areas[1]["statefp"] == "20"


def test_rows_of_the_census_come_in_another_order_and_with_three_columns_or_eight():
    sent = "".join(
        f'"{n}","{n} {word} Street","Salina","KS",""\n' for n, word in enumerate(["Main", "Nowhere", "Refused"] * 9)
    )
    with FakeCensus() as fake:
        status, headers, text = post(
            f"{fake.url}/locations/addressbatch", ("addressFile", sent.encode()), ("benchmark", "Public_AR_Current")
        )
        wrong = post(f"{fake.url}/locations/addressbatch", ("addressFile", sent.encode()), ("benchmark", "Other"))
        none = post(f"{fake.url}/locations/addressbatch", ("file", sent.encode()), ("benchmark", "Public_AR_Current"))

    answers = rows(text)
    assert status == 200 and headers["content-type"].startswith("text/plain") and "JSESSIONID" in headers["set-cookie"]
    assert [row[0] for row in answers] != sorted([row[0] for row in answers], key=int)
    assert {(len(row), row[2]) for row in answers} == {(8, "Match"), (3, "No_Match"), (3, "Tie")}
    lon, lat = next(row for row in answers if row[0] == "0")[5].split(",")
    assert (float(lat), float(lon)) == fake.expected("0 Main Street, Salina, KS")
    assert (wrong[0], none[0]) == (400, 400)


def test_a_file_of_more_than_ten_thousand_rows_is_refused():
    sent = "".join(f'"{n}","{n} Main Street","Salina","KS",""\n' for n in range(10_001))
    with FakeCensus() as fake:
        assert (
            post(
                f"{fake.url}/locations/addressbatch", ("addressFile", sent.encode()), ("benchmark", "Public_AR_Current")
            )[0]
            == 400
        )
        assert fake.inputs == []


def test_columns_of_the_user_come_first_and_a_result_has_a_status():
    sent = "nr;x,rue,ville\n1,8 rue du Port,Orléans\n2,'-,\n3,1 Nowhere,Orléans\n"
    with FakeGeoplateforme() as fake:
        status, headers, text = post(
            f"{fake.url}/search/csv/", ("data", sent.encode()), ("columns", "rue"), ("columns", "ville")
        )
        expected = fake.expected("8 rue du Port Orléans")

    head, *answers = rows(text)
    assert status == 200 and headers["content-type"].startswith("text/csv")
    assert head[:5] == ["nr;x", "rue", "ville", "longitude", "latitude"] and head[-1] == "result_status"
    assert [row[-1] for row in answers] == ["ok", "skipped", "not-found"]
    assert (float(answers[0][4]), float(answers[0][3])) == expected
    assert set(answers[2][3:-1]) == {""}


def test_what_is_wrong_is_said_in_json():
    with FakeGeoplateforme(max_per_second=2) as fake:
        missing = post(f"{fake.url}/search/csv", ("file", b"a,b\n1,2\n"))
        unknown = post(f"{fake.url}/search/csv", ("data", b"a,b\n1,2\n"), ("columns", "c"))
        fast = post(f"{fake.url}/search/csv", ("data", b"a,b\n1,2\n"), ("columns", "a"))
        lost = post(f"{fake.url}/nothing", ("data", b"a,b\n1,2\n"))

    assert [each[0] for each in (missing, unknown)] == [400, 400]
    assert json.loads(unknown[2]) == {"code": 400, "message": "At least one given column name is unknown"}
    assert 429 in (fast[0], lost[0]) and fast[1]["retry-after"] == "1"


def test_filters_name_a_column_with_one_value_or_several():
    places = {"rue A": Found(48, 2, extra={"postcode": "75001"}), "rue B": Found(48, 3, extra={"postcode": "75002"})}
    sent = b"rue,code\nrue A,75001\nrue A,75002\nrue B,75001+75002\nrue B,\n"
    with FakeGeoplateforme(places=places) as fake:
        _, _, text = post(f"{fake.url}/search/csv", ("data", sent), ("columns", "rue"), ("postcode", "code"))

    assert [row[-1] for row in rows(text)[1:]] == ["ok", "not-found", "ok", "ok"]


@pytest.mark.parametrize("double", [FakeCensus, FakeGeoplateforme])
def test_a_double_has_an_address_only_while_it_serves_and_keeps_it(double):
    fake = double()
    with pytest.raises(RuntimeError, match="no address before it is started"):
        _ = fake.url
    with fake:
        first = fake.url
    with fake:
        assert fake.url == first
    with pytest.raises(ValueError, match="no fault 'nothing'"):
        fake.fail("nothing")
