"""The offline geocoder: right places for real addresses, nothing for garbage, honest confidence."""

from __future__ import annotations

import csv
import json
import math
import os
import subprocess
import sys
import threading
from pathlib import Path
from statistics import median

import pytest

from geopandas_batch import gazetteer
from geopandas_batch.gazetteer.geocoder import Gazetteer
from geopandas_batch.gazetteer.ranking.evidence import kilometres
from geopandas_batch.places import Location, Query

HERE = Path(__file__).parent
FILES = [
    *("addresses.csv", "gazetteer_dev.csv", "gazetteer_heldout.csv", "gazetteer_everyday.csv"),
    "gazetteer_firstshot.csv",
]


@pytest.fixture(scope="module")
def places() -> Gazetteer:
    return gazetteer.load()


def read(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def find(places: Gazetteer, *args: str, **parts: str) -> Location | None:
    (answer,) = places.locate_many([Query(*args, **parts)])
    return answer


def error(row: dict[str, str], answer: Location | None) -> float:
    """Kilometres between truth and answer; infinite for no answer."""
    return kilometres(float(row["lat"]), float(row["lon"]), *answer) if answer else math.inf


def errors(places: Gazetteer, rows: list[dict[str, str]]) -> list[float]:
    answers = places.locate_many([Query(row["address"]) for row in rows])
    return [error(row, answer) for row, answer in zip(rows, answers, strict=True)]


@pytest.mark.parametrize("file", FILES)
def test_975_of_1000_addresses_are_found_within_25_km(places: Gazetteer, file: str) -> None:
    """Three were written from memory, before the matcher had seen them. First shots: 98.0 % of `gazetteer_heldout.csv`;
    of `gazetteer_everyday.csv` 98.2 % of the lines, 52 % of the short forms, and 66 of 70 of the messy ones,
    of which three that failed were left out afterwards: bare postcodes, which by themselves are no address here.
    Of `gazetteer_firstshot.csv`, with all rows kept: of set 1 308 of 319 lines, 57 of 60 messy ones, 38 of 44 short
    forms, 12 of 14 codes that had lost a zero, 9 of 14 bare codes, and 4 of 53 that are no address were matched. After
    the causes were mended, of set 2, then new: 130 of 133, 19 of 22, 10 of 14, 6 of 6, 6 of 7 and 1 of 21. After those,
    too, of set 3: 96 of 98, 20 of 20, 5 of 8, 2 of 2, 4 of 4, and none of 12. The kind of sets 4 to 11 is the way of
    writing. Of set 4 677 of 693 lines, 58 of 61 misspelt ones, 34 of 43 short forms, and 6 of 136 that are no address
    were matched; after the causes were mended, of set 5 335 of 341, 35 of 35, 12 of 14 and 17 of 153; after those, too,
    of set 6 88 of 88, 26 of 27 messy or misspelt ones, and 5 of 87; of set 7 69 of 70 and 19 of 20. Of set 8 134 of 135
    lines, 27 of 28 messy ones, 10 of 14 of profiles ("San Francisco Bay Area"), and none of 16; after that was mended,
    of set 9 33 of 33, 13 of 15 of profiles, 14 of 15 islands, 10 of 13 institutions and 7 of 13 offices. Of set 10,
    new after that, 239 of 248 lines, 218 of 230 towns with little else, 78 of 94 short forms, 40 of 40 in native
    scripts, 14 of 15 misspelt ones, 26 of 27 with the code of a country, 20 of 22 of profiles, 21 of 32 ports and
    airports, and 2 of 62; after most of that was mended, of set 11 33 of 35, 56 of 66, 48 of 52, 6 of 8, 1 of 1, 10
    of 11, 6 of 7, none of 2, and none of 32. Of set 12, of 241 countries and territories, 148 of 151 lines of map
    programs, 223 of 232 in the forms of small territories, 106 of 116 labels, 78 of 81 in native scripts, 46 of 55 that
    are said rather than written, 54 of 60 venues, 52 of 53 former names, 68 of 74 misspelt ones, 75 of 78 towns, and 2
    of 70 that are no address; after the causes were mended, of set 13, of 116 countries, 23 of 24, 37 of 37, 18 of 18,
    10 of 10, 9 of 9, 9 of 9, 12 of 12, 19 of 19, 26 of 26, and 3 of 39. Of
    set 14, of quarters, districts and houses as they are written in 63 countries, 123 of 128. After
    those, too, of set 15, lines of map programs, 50 of 50.
    """
    found = errors(places, [row for row in read(file) if row["lat"]])

    assert sum(km <= 25 for km in found) >= 0.975 * len(found)


@pytest.mark.parametrize("file", FILES)
def test_the_median_error_is_below_1_2_km(places: Gazetteer, file: str) -> None:
    assert median(errors(places, [row for row in read(file) if row["lat"]])) < 1.2


@pytest.mark.parametrize(
    "row", [row for row in read("addresses.csv") if row["kind"] == "article"], ids=lambda row: row["address"]
)
def test_the_article_s_addresses_are_found(places: Gazetteer, row: dict[str, str]) -> None:
    assert errors(places, [row])[0] <= 25


@pytest.mark.parametrize("file", FILES)
def test_high_confidence_means_within_25_km(places: Gazetteer, file: str) -> None:
    rows = [row for row in read(file) if row["lat"]]
    answers = places.locate_many([Query(row["address"]) for row in rows])
    sure = [
        error(row, answer) <= 25
        for row, answer in zip(rows, answers, strict=True)
        if answer and answer.confidence >= 0.85
    ]

    assert sum(sure) >= 0.98 * len(sure)
    assert len(sure) > 0.5 * len(rows)


TOWNS = ("Green Valley Farms",)  # in Texas, though it was meant as a farm
GARBAGE = [
    *(
        row["address"]
        for file in ("dev", "firstshot")
        for row in read(f"gazetteer_{file}.csv")
        if not row["lat"] and row["address"] not in TOWNS
    ),
    *(
        "",
        "   ",
        "-",
        "?",
        ",,,",
        "90210",
        "1010",
        "75008",
        "SW",
        "John Smith",
        "hello world",
        "not available",
        "unknown",
    ),
    *(
        "Main Street",
        "someone@example.org",
        "www.example.org",
        "ok",
        "no",
        "TX",
        "see above",
        "+1 555 0100",
        "\x00",
        "🙂",
        "N/A, N/A",
    ),
]


@pytest.mark.parametrize("text", GARBAGE)
def test_garbage_is_not_found(places: Gazetteer, text: str) -> None:
    assert find(places, text) is None


@pytest.mark.parametrize(
    ("text", "formatted", "match"),
    [
        ("Oslo, Norway", "Oslo, Norway", "city"),
        ("Paris, Texas", "Paris, Texas, United States", "city"),
        ("75008 Paris", "75008 Paris, France", "postcode"),
        ("Texas", "Texas, United States", "region"),
        ("USA", "United States", "country"),
        ("Deutschland", "Germany", "country"),
        ("Georgia", "Georgia", "country"),
        ("Jeju-si, South Korea", "Jeju-si, South Korea", "region"),
        ("Cook County, IL", "Cook County, United States", "region"),
        ("Praha 1", "Praha 1, Czechia", "region"),
        ("Halle (Saale)", "Halle (Saale), Germany", "city"),
        ("Mexico", "Mexico", "country"),
    ],
)
def test_the_answer_says_what_was_found(places: Gazetteer, text: str, formatted: str, match: str) -> None:
    answer = find(places, text)

    assert answer is not None
    assert (answer.formatted, answer.match) == (formatted, match)


def test_each_answer_carries_service_credit_and_confidence(places: Gazetteer) -> None:
    answers = [find(places, text) for text in ("Oslo", "0154 Oslo, Norway", "Texas", "France")]

    assert all(answer and answer.service == "gazetteer" for answer in answers)
    assert all(answer and "GeoNames" in answer.attribution and "CC BY 4.0" in answer.attribution for answer in answers)
    assert all(answer and 0 < answer.confidence < 1 for answer in answers)


def test_an_ambiguous_name_names_its_rival(places: Gazetteer) -> None:
    answer = find(places, "Springfield")

    assert answer is not None
    assert answer.confidence < 0.5
    assert answer.reason.startswith("Springfield, ")
    assert answer.reason.endswith(", United States is as likely")


@pytest.mark.parametrize(
    "text",
    [
        "Xanadu Falls, TX",
        "Nosuchtown, DE",
        "Qwertzingen, Germany",
        "123 Nowhere Rd, Faketown, OH",
        "Nirgendwo, Österreich",
    ],
)
def test_an_unknown_town_is_no_namesake_abroad(places: Gazetteer, text: str) -> None:
    answer = find(places, text)

    assert answer is None or answer.confidence <= 0.5


@pytest.mark.parametrize(
    ("parts", "formatted"),
    [
        ({"city": "Paris", "state": "TX"}, "Paris, Texas, United States"),
        ({"city": "London", "country": "CA"}, "London, Ontario, Canada"),
        ({"city": "London", "country": "CAN"}, "London, Ontario, Canada"),
        ({"city": "Cambridge", "country": "England"}, "Cambridge, United Kingdom"),
        ({"street": "Paris", "city": "Lyon", "country": "France"}, "Lyon, France"),
        ({"city": "Wien", "postcode": "1010", "country": "Österreich"}, "1010 Vienna, Austria"),
        ({"street": "10 Downing Street", "city": "London", "postcode": "SW1A 2AA"}, "SW1A 2AA London, United Kingdom"),
        ({"postcode": "75001", "country": "France"}, "75001 Paris, France"),
        ({"state": "CA", "country": "US"}, "California, United States"),
        ({"country": "DE"}, "Germany"),
        ({"street": "1600 Pennsylvania Ave, Washington DC"}, "Washington, District of Columbia, United States"),
    ],
)
def test_parts_are_used_for_what_they_are(places: Gazetteer, parts: dict[str, str], formatted: str) -> None:
    answer = find(places, **parts)

    assert answer is not None
    assert answer.formatted == formatted


def test_parts_are_found_within_25_km(places: Gazetteer) -> None:
    """First shots: 43 of the first 45, and 19 of the 20 that were written after what failed was mended."""
    rows = [json.loads(line) for line in (HERE / "gazetteer_parts.jsonl").read_text(encoding="utf-8").splitlines()]
    truths = [(row.pop("lat"), row.pop("lon")) for row in rows]
    answers = places.locate_many([Query(**row) for row in rows])
    missed = [
        row
        for row, truth, answer in zip(rows, truths, answers, strict=True)
        if answer is None or kilometres(*truth, *answer) > 25
    ]

    assert len(missed) <= 0.025 * len(rows), missed


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        ("2138, US", "02138 Cambridge, Massachusetts, United States"),
        ("Boston, MA 2138", "02138 Boston, Massachusetts, United States"),
        ("1067 Dresden", "01067 Dresden, Germany"),
        ("800 Darwin NT", "0800 Darwin, Northern Territory, Australia"),
        ("Via Appia Nuova 145, Roma", "Rome, Italy"),  # a house
        ("1067 Main Street, Springfield, Germany", "Germany"),
    ],
)
def test_a_postcode_gets_back_the_zeros_that_a_spreadsheet_took(places: Gazetteer, text: str, formatted: str) -> None:
    answer = find(places, text)

    assert answer is not None
    assert answer.formatted == formatted


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        ("L-9515, Luxembourg", "L 9515 Wiltz, Luxembourg"),
        ("1931 Luxembourg", "L1931 Luxembourg"),
        ("55825, Mexico", "55825 San Francisco Mazapa, Mexico"),
        ("AU 4870", "4870 Brinsmead, Queensland, Australia"),
    ],
)
def test_a_postcode_says_more_than_a_country_that_is_called_as_its_capital(
    places: Gazetteer, text: str, formatted: str
) -> None:
    answer = find(places, text)

    assert answer is not None
    assert answer.formatted == formatted


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        ("Hartford CT", "Hartford, Connecticut, United States"),
        ("12 Elm Ct, Boston", "Boston, Massachusetts, United States"),
        ("Whitby, N. Yorks.", "Whitby, United Kingdom"),
        ("Cancún, Q. Roo", "Cancún, Mexico"),
        ("Montego Bay, St. James, Jamaica", "Montego Bay, Jamaica"),
        ("Kirkwall, Orkney", "Kirkwall, United Kingdom"),
        ("Lubumbashi, RD Congo", "Lubumbashi, Congo - Kinshasa"),
        ("Brazzaville, Congo", "Brazzaville, Congo - Brazzaville"),
        ("Qingdao City, Shandong Province", "Qingdao, China"),
        ("Tallahasee, Florida", "Tallahassee, Florida, United States"),
        ("Postbus 12, 8900 AA Leeuwarden", "Leeuwarden, Netherlands"),
        ("г Екатеринбург ул Малышева 51", "Yekaterinburg, Russia"),
        ("99/5 ถนนช้างเผือก เชียงใหม่ 50300", "Chiang Mai, Thailand"),
        ("Newcastle u Lyme", "Newcastle under Lyme, United Kingdom"),
        ("Kraków-Podgórze", "Kraków, Poland"),
        ("Dresden-Neustadt", "Dresden, Germany"),
        ("Hale (Saale)", "Halle (Saale), Germany"),
        ("Hale (Saale), Sachsen-Anhalt", "Halle (Saale), Germany"),
        ("Charleston, W. Virginia", "Charleston, West Virginia, United States"),
        ("Ballymena, N. Ireland", "Ballymena, United Kingdom"),
        ("Otley, West Yorkshire", "Otley, England, United Kingdom"),
        ("Ponta Delgada, Açores", "Ponta Delgada, Azores, Portugal"),
        ("12 rue de Bourgogne, Lille", "Lille, France"),
        ("Barton on Humber", "Barton upon Humber, United Kingdom"),
        ("Valencia, Venezulea", "Valencia, Venezuela"),
        ("Plaza Mayor, 28012 adrid", "28012 Madrid, Spain"),
        ("Balcarce 50, C1064 Bunos Aires, Argentina", "Buenos Aires, Argentina"),
        ("Frankfurt (der)", "Frankfurt (Oder), Germany"),
    ],
)
def test_short_forms_kinds_quarters_and_errors_are_understood(places: Gazetteer, text: str, formatted: str) -> None:
    answer = find(places, text)

    assert answer is not None
    assert answer.formatted == formatted


def test_a_town_is_not_looked_for_outside_the_country_that_is_given(places: Gazetteer) -> None:
    answer = find(places, city="Oslo", country="France")

    assert answer is not None
    assert answer.formatted == "France"


@pytest.mark.parametrize(
    "street", ["Rue de Paris, Lille", "London Road, Sheffield", "12 Paris Street, Exeter", "Calle Londres 45, Madrid"]
)
def test_a_street_named_after_a_city_is_not_that_city(places: Gazetteer, street: str) -> None:
    answer = find(places, street)

    assert answer is not None
    assert answer.formatted.split(",")[0] == street.split(", ")[1]


@pytest.mark.parametrize(
    "text", ["Thunder Bay, Ontario, CA", "Anchorage, Alaska, US", "Plattsburgh, New York, US", "Albany, New York"]
)
def test_a_region_after_a_town_is_the_region(places: Gazetteer, text: str) -> None:
    answer = find(places, text)

    assert answer is not None
    assert answer.formatted.startswith(text.split(", ")[0])


@pytest.mark.parametrize("text", ["James Davis", "invoice pending", "hotel", "none", "office manager", "Anna Nelson"])
def test_names_of_people_and_words_of_forms_are_no_places(places: Gazetteer, text: str) -> None:
    assert find(places, text) is None


def test_answers_do_not_depend_on_the_batch(places: Gazetteer) -> None:
    queries = [Query(row["address"]) for row in read("addresses.csv")]
    together = Gazetteer().locate_many(queries)

    assert Gazetteer().locate_many(queries[::-1])[::-1] == together


def test_ends_that_were_met_before_change_no_answer() -> None:
    queries = [Query(row["address"]) for row in read("addresses.csv")]
    # Other streets before the same ends: the ends are further on in the address.
    queries += [Query(f"12 Old Mill Lane, {query.text}") for query in queries]
    met = Gazetteer()

    assert met.locate_many(queries) == met.locate_many(queries) == met.locate_many(queries[::-1])[::-1]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells no resident memory this way")
def test_it_is_there_in_half_a_second_and_takes_less_than_200_mb() -> None:
    code = (
        "import csv, resource, time, numpy, marisa_trie\n"
        "from geopandas_batch import gazetteer\n"
        "from geopandas_batch.places import Query\n"
        "unit = 1 if __import__('sys').platform == 'darwin' else 1024\n"
        "resident = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20\n"
        "memory, start = resident(), time.process_time()\n"
        "gazetteer.load().locate_many([Query('Oslo, Norway')])\n"
        "seconds = time.process_time() - start\n"
        "rows = [row['address'] for row in csv.DictReader(open('tests/addresses.csv', encoding='utf-8'))]\n"
        "gazetteer.load().locate_many([*map(Query, rows)])\n"
        "print(seconds, resident() - memory)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=HERE.parent, check=True, timeout=60
    )
    seconds, megabytes = map(float, done.stdout.split())

    assert seconds < 0.5
    assert megabytes < 200


def test_importing_reads_no_data_and_loads_no_library() -> None:
    code = "import sys, geopandas_batch.gazetteer; print({'numpy', 'marisa_trie', 'pandas'} & {*sys.modules})"
    package = (
        "import sys, types; package = sys.modules['geopandas_batch'] = types.ModuleType('geopandas_batch');"
        "package.__path__ = ['geopandas_batch'];"
    )

    done = subprocess.run(
        [sys.executable, "-c", package + code], capture_output=True, text=True, cwd=HERE.parent, check=True, timeout=60
    )

    assert done.stdout.strip() == "set()"


def test_one_gazetteer_serves_all_threads() -> None:
    queries = [Query(row["address"]) for row in read("addresses.csv")]
    expected = gazetteer.load().locate_many(queries)
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(gazetteer.load().locate_many(queries))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [expected] * 4


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_finds_the_same() -> None:
    code = (
        "import os, sys; from geopandas_batch import gazetteer; from geopandas_batch.places import Query\n"
        "here = gazetteer.load().locate_many([Query('Oslo, Norway')]); pid = os.fork()\n"
        "if not pid: os._exit(gazetteer.load().locate_many([Query('Oslo, Norway')]) != here)\n"
        "sys.exit(os.waitpid(pid, 0)[1])"
    )

    assert subprocess.run([sys.executable, "-c", code], cwd=HERE.parent, timeout=60).returncode == 0


@pytest.mark.timeout(60)  # the cube of its length would take years
@pytest.mark.parametrize("letter", ["x", "ж", "e\u0301"])
def test_a_text_without_blanks_that_is_no_address_takes_no_longer_for_its_length(letter):
    assert Gazetteer().locate(Query(text=100_000 * letter)) is None
