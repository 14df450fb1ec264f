"""Addresses as exports have them: codes of countries behind towns, kinds of regions before them, old counties."""

from __future__ import annotations

import pytest
from gazetteer_single import error, find


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("MARSEILLE FRA", 43.30, 5.37),
        ("GRAZ AUT", 47.07, 15.44),
        ("GREZZANA ITA", 45.52, 11.01),
        ("Wrocław PL", 51.11, 17.03),
        ("Heredia, CR", 10.00, -84.12),
        ("Alajuela (CR)", 10.02, -84.21),
        ("Crema (CR)", 45.36, 9.69),
        ("Plzeň, ČR", 49.75, 13.38),
        ("Managua, NI", 12.13, -86.25),
        ("Omagh, NI", 54.60, -7.30),
        ("Berlin, DE", 52.52, 13.40),
        ("Haifa, IL", 32.81, 34.99),
        ("Missoula, MT 59801", 46.87, -114.0),
        ("LUZERN SUI", 47.05, 8.31),
        ("Mutare ZIM", -18.97, 32.67),
    ],
)
def test_the_code_behind_a_town_is_that_of_its_country_or_state(text: str, lat: float, lon: float) -> None:
    assert error(text, lat, lon) < 25
    assert find(text).confidence >= 0.85


@pytest.mark.parametrize("text", ["Kevin Mount", "Rosa Pl", "12 Warszawa Pl", "Playa Mar", "Anna Saint", "Oslo DEN"])
def test_a_word_is_no_code_where_no_town_of_there_stands_before_it(text: str) -> None:
    assert find(text) is None


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("Villa María, Provincia de Córdoba", -32.41, -63.24),
        ("Villa María Provincia de Córdoba", -32.41, -63.24),
        ("Tandil, Pcia. de Bs. As.", -37.32, -59.13),
        ("Linares, Prov. Jaén", 38.10, -3.64),
        ("Cabimas, Edo. Zulia", 10.40, -71.45),
        ("Rionegro, Departamento de Antioquia", 6.15, -75.37),
        ("Fasano, prov. Brindisi", 40.84, 17.36),
        ("Ruwais, Abu Dhabi Emirate", 24.11, 52.73),
        ("Naperville, DuPage Co., IL", 41.79, -88.15),
        ("Kenmare, Co. Kerry", 51.88, -9.58),
        ("Tullamore, Co Offaly", 53.27, -7.49),
        ("Swords, Co. Dublin", 53.46, -6.22),
    ],
)
def test_a_region_after_its_kind_is_no_town(text: str, lat: float, lon: float) -> None:
    assert error(text, lat, lon) < 25
    assert find(text).confidence >= 0.85


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("Tenby, Sir Benfro", 51.67, -4.70),
        ("Llangefni, Ynys Môn", 53.26, -4.31),
        ("Ryde, IOW", 50.73, -1.16),
        ("Figueres, Gerona", 42.27, 2.96),
        ("Balaguer, Lérida", 41.79, 0.81),
        ("Gällivare, Lappland", 67.13, 20.66),
        ("Lillehammer, Oppland", 61.12, 10.47),
        ("Harstad, Troms og Finnmark", 68.80, 16.54),
        ("Srinagar, J&K", 34.09, 74.80),
        ("Whyalla, South Aust", -33.03, 137.56),
        ("Whakatane BOP", -37.96, 176.98),
        ("Rize Merkez", 41.02, 40.52),
        ("Bouaké, RCI", 7.69, -5.03),
        ("Dudley, W. Midlands", 52.51, -2.09),
        ("Gt. Malvern, Worcs", 52.11, -2.33),
        ("Changsha, Hunan", 28.23, 112.94),
        ("Foochow, Fukien", 26.08, 119.30),
        ("обл. Пловдив, гр. Карлово", 42.64, 24.81),
    ],
)
def test_regions_are_known_by_short_former_and_foreign_names(text: str, lat: float, lon: float) -> None:
    assert error(text, lat, lon) < 25


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("US-TX-Waco", 31.55, -97.15),
        ("IN-KA-Mysore", 12.30, 76.64),
        ("DE-BY-Ingolstadt", 48.76, 11.42),
        ("Felixstowe GBFXT", 51.96, 1.35),
        ("LE HAVRE FRLEH", 49.49, 0.11),
        ("Santos BRSSZ", -23.96, -46.33),
        ("75008PARIS CEDEX08", 48.87, 2.32),
        ("80331München", 48.14, 11.57),
        ("Dallas TX75201", 32.78, -96.80),
        ("Bridgetown BB11000", 13.10, -59.61),
        ("Doha Qatar P.O.Box 22", 25.29, 51.53),
        ("Stanley, Falkland Is.", -51.70, -57.85),
        ("Weiden i.d.OPf.", 49.68, 12.16),
        ("Wernigerode am Harz", 51.83, 10.79),
        ("Wieliczka k. Krakowa", 49.99, 20.06),
        ("D'dorf", 51.22, 6.78),
        ("W'hampton, UK", 52.59, -2.13),
        ("B'lore 560001", 12.97, 77.59),
        ("370 01 Č. Budějovice", 48.97, 14.47),
        ("B. Horizonte - Minas", -19.92, -43.94),
        ("V. N. de Gaia", 41.13, -8.61),
        ("Cd. Obregón Son.", 27.49, -109.94),
        ("Gov. Valadares MG", -18.85, -41.95),
        ("Krimpen a/d IJssel", 51.91, 4.59),
        ("Wels, OÖ", 48.16, 14.03),
        ("Palmerston Nth, N.Z.", -40.36, 175.61),
        ("Baroda Gujrat", 22.31, 73.18),
        ("City: Tours; Country: France", 47.39, 0.69),
        ("Frankfurt Airport (FRA), Germany", 50.04, 8.57),
        ("Zurich Airport, Switzerland", 47.46, 8.55),
        ("Н. Новгород", 56.33, 44.00),
        ("Raleigh-Durham-Chapel Hill Area", 35.88, -78.79),
    ],
)
def test_what_is_written_as_firms_write_it_is_found(text: str, lat: float, lon: float) -> None:
    assert error(text, lat, lon) < 25


@pytest.mark.parametrize(
    "text",
    ["L. Cruz", "F. Wayne", "Ref GB12345", "PETER FRANK", "Rose am Rhein", "Ulm K. Weber", "O'Brien", "D'Arcy Ltd"],
)
def test_what_is_no_such_way_stays_as_it_is(text: str) -> None:
    found = find(text)
    assert found is None or found.confidence < 0.5


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("10115 Berlin, France", 52.53, 13.38),
        ("8001 Zürich, Germany", 47.37, 8.54),
        ("SW1A 2AA London, France", 51.50, -0.13),
    ],
)
def test_a_city_at_its_postcode_is_found_though_another_country_is_named(text: str, lat: float, lon: float) -> None:
    assert error(text, lat, lon) < 25
    assert find(text).confidence <= 0.5
    assert find(text).reason == "another country is named"


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("法国巴黎", 48.86, 2.35),
        ("慕尼黑, 德国", 48.14, 11.57),
        ("法國里昂", 45.76, 4.84),
        ("瑞士日内瓦", 46.20, 6.14),
        ("巴西圣保罗", -23.55, -46.63),
        ("中国台北", 25.04, 121.56),
        ("독일 뮌헨", 48.14, 11.57),
        ("영국 런던", 51.51, -0.13),
        ("브라질 상파울루", -23.55, -46.63),
        ("ミュンヘン, ドイツ", 48.14, 11.57),
        ("Lyon, 法国", 45.76, 4.84),
        ("Lubumbashi, Kongo – Kinshasa", -11.66, 27.48),
    ],
)
def test_countries_are_known_by_their_short_names_in_the_east(text: str, lat: float, lon: float) -> None:
    assert error(text, lat, lon) < 25
    assert find(text).confidence >= 0.7


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("越南河内", "Vietnam"),  # the index has these signs of Hanoi for Kōchi in Japan
        ("意大利米兰", "Italy"),
        ("法国", "France"),
        ("マリンタワー横浜", "Japan"),  # no Mali
    ],
)
def test_a_country_in_the_east_is_not_left(text: str, country: str) -> None:
    assert find(text).formatted.endswith(country)


def test_the_other_name_of_a_village_is_not_sure() -> None:
    assert find("Bellville, PA").confidence < 0.85  # that of Belfast there; Belleville is meant, or Belfast
    assert find("Belfast, PA").confidence > 0.85
