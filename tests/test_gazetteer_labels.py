"""Addresses as labels, map programs and people write them, by the cause for which they were not found."""

from __future__ import annotations

import pytest
from gazetteer_single import error, find


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("KOELN DEU", 50.94, 6.96),
        ("MOSKVA RUS", 55.75, 37.62),
        ("ATHINA GRC", 37.98, 23.73),
        ("KINGSTON 10 JAM", 18.00, -76.79),
        ("NADRAZNI 32 150 00 PRAHA 5 CZE", 50.07, 14.41),
        ("LYON CEDEX 03 FRA", 45.76, 4.84),
        ("5 HAHARASH ST HOD HASHARON 4524075 ISR", 32.15, 34.89),
        ("TAICHUNG CITY TWN", 24.14, 120.68),
        ("HAMBURG GERMANY DEU", 53.55, 9.99),
        ("TEMA GHANA GHA", 5.67, -0.02),
    ],
)
def test_numbers_and_the_country_may_stand_between_a_town_and_the_code_of_its_country(
    text: str, lat: float, lon: float
) -> None:
    assert error(text, lat, lon) < 25


@pytest.mark.parametrize("text", ["MARIA MAR", "ANNA SOFIA PAN", "BLUE OCEAN PAN", "PETER FIN"])
def test_three_letters_behind_other_words_are_no_country(text: str) -> None:
    assert find(text) is None


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("MONTEGO BAY JAM 12 ST JAMES ST", 18.47, -77.92),
        ("KINGSTON 10 JAM 45 KNUTSFORD BLVD", 18.00, -76.79),
        ("TEMA GHANA GHA HEAVY INDUSTRIAL AREA", 5.67, -0.02),
    ],
)
def test_a_street_may_follow_the_code_of_the_country(text: str, lat: float, lon: float) -> None:
    assert error(text, lat, lon) < 25


@pytest.mark.parametrize("text", ["ADDIS ABABA BOLE SUB CITY KEBELE 03 H.NO 123", "Kebele 03, H.No 123, Addis Ababa"])
def test_the_number_of_a_house_is_not_in_norway(text: str) -> None:
    assert error(text, 9.03, 38.75) < 25


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("Battambang, Kampuchea", 13.10, 103.20),
        ("Ústí nad Labem, Czech Rep.", 50.66, 14.03),
        ("Zenica, Bosnia & Herz.", 44.20, 17.91),
        ("Milwaukee, Vereinigte Staaten von Amerika", 43.04, -87.91),
        ("Бийск, РФ", 52.54, 85.22),
        ("Тетово, Македонија", 42.01, 20.97),
        ("Hungnam, DPR Korea", 39.83, 127.62),
        ("Taipei, Taiwan, Province of China", 25.04, 121.53),
        ("Providenciales, Turks & Caicos", 21.78, -72.25),
        ("Philipsburg, St. Maarten", 18.02, -63.05),
        ("Kralendijk, Bonaire, Sint Eustatius and Saba", 12.15, -68.27),
        ("Georgetown, Ascension Island", -7.93, -14.41),
        ("洛阳市, 中华人民共和国", 34.67, 112.44),
    ],
)
def test_countries_are_known_by_the_names_on_forms(text: str, lat: float, lon: float) -> None:
    assert error(text, lat, lon) < 25
    assert find(text).confidence >= 0.75


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("Kinshasa, Congo", -4.33, 15.31),
        ("Goma Congo", -1.67, 29.23),
        ("Pointe-Noire, Congo", -4.78, 11.86),
        ("Pointe-Noire, République du Congo", -4.78, 11.86),
        ("Road Town, Virgin Islands (British)", 18.43, -64.62),
        ("Charlotte Amalie, Virgin Islands (U.S.)", 18.34, -64.93),
    ],
)
def test_a_name_of_two_countries_means_the_one_that_has_the_town(text: str, lat: float, lon: float) -> None:
    assert error(text, lat, lon) < 25
    assert find(text).confidence >= 0.85


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("No. 7, Section 5, Xinyi Rd, Xinyi District, Taipei City, Taiwan 110", 25.03, 121.56),
        ("Beitun District, Taichung City, Taiwan 406", 24.17, 120.69),
        ("Muscat, Oman 114", 23.61, 58.59),
    ],
)
def test_a_number_of_three_digits_behind_a_country_is_its_postcode(text: str, lat: float, lon: float) -> None:
    assert error(text, lat, lon) < 25


def test_a_city_is_not_in_the_region_that_is_a_piece_of_its_name() -> None:
    flat = find("Calle Florida, San Nicolás, Buenos Aires, Comuna 1, Ciudad Autónoma de Buenos Aires, Argentina")

    assert flat.confidence < 0.85  # San Nicolás is a quarter, and a town in the province


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("Burnt Pine, Norfolk Island NSW 2899", -29.04, 167.95),
        ("Flying Fish Cove, Christmas Island WA 6798, Australia", -10.42, 105.68),
        ("Home Island, Cocos Islands WA 6799", -12.12, 96.90),
    ],
)
def test_a_territory_is_not_left_for_the_postcode_that_its_country_gives_it(text: str, lat: float, lon: float) -> None:
    assert error(text, lat, lon) < 25


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("2101 E NASA Pkwy, Houston, TX 77058", 29.56, -95.09),
        ("1200 Getty Center Dr, Los Angeles, CA 90049", 34.08, -118.47),
        ("Müggelseedamm 200, 12587 Berlin", 52.45, 13.65),
    ],
)
def test_the_postcode_of_an_outer_quarter_says_more_than_the_middle_of_a_large_city(
    text: str, lat: float, lon: float
) -> None:
    assert error(text, lat, lon) < 8
    assert find(text).match == "postcode"


@pytest.mark.parametrize(
    "text", ["Central Park, New York", "Washington Square, New York", "Central Park, New York, NY"]
)
def test_a_park_or_square_is_no_town_that_was_called_so(text: str) -> None:
    assert find(text).formatted.startswith("New York City")  # Bethpage and Franklin Square had these names


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("near the train station in Ghent", 51.04, 3.71),
        ("hinter dem Bahnhof in Freiburg im Breisgau", 48.00, 7.84),
        ("près de la gare de Rennes", 48.10, -1.67),
        ("15 minutes from Galway city centre", 53.27, -9.06),
        ("cerca de la estación de Sevilla", 37.39, -5.98),
        ("Frankfurt airport area", 50.04, 8.56),
        ("Flughafen Wien-Schwechat", 48.11, 16.57),
    ],
)
def test_a_city_is_found_in_what_says_what_is_beside_it(text: str, lat: float, lon: float) -> None:
    assert error(text, lat, lon) < 25
    assert find(text).confidence < 0.85


@pytest.mark.parametrize("text", ["near miss in the office", "next to nothing", "5 minutes from now", "frente al mar"])
def test_what_is_beside_no_city_is_no_address(text: str) -> None:
    assert find(text) is None


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("8erlin, Germany", 52.52, 13.40),
        ("T0ronto, 0ntario", 43.65, -79.38),
        ("Chicag0, lL 60601", 41.89, -87.62),
        ("S0FIA, BULGARIA", 42.70, 23.32),
        ("Rorne, Italy", 41.89, 12.48),
        ("Miinchen, Bayern", 48.14, 11.58),
        ("L0ndon EC2A 4NE, Un1ted Kingdom", 51.52, -0.08),
    ],
)
def test_what_a_reading_machine_took_for_other_letters_is_put_right(text: str, lat: float, lon: float) -> None:
    assert error(text, lat, lon) < 25


@pytest.mark.parametrize("text", ["SKU: BX-99812-RED", "R0B0T 5000", "Ser1es 5", "B0lt M8", "Order 0FF15"])
def test_letters_and_digits_of_things_are_no_towns(text: str) -> None:
    assert find(text) is None


def test_a_full_postcode_is_believed_before_a_misspelt_word_abroad() -> None:
    assert find("Zzyzx EC2A 4NE, Un1ted Kingdom").formatted == "EC2A 4NE London, United Kingdom"  # not Qingdao


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("Phan Thiết, Bình Thuận, Vietnam", 10.93, 108.10),
        ("Tam Kỳ, Quảng Nam", 15.57, 108.47),
        ("Dĩ An, Bình Dương", 10.91, 106.77),
        ("Hà Tiên, Kiên Giang", 10.38, 104.49),
        ("Warangal, Andhra Pradesh", 17.97, 79.60),
        ("Leh, Jammu & Kashmir, India", 34.16, 77.58),
        ("Techiman, Brong-Ahafo, Ghana", 7.59, -1.94),
        ("Valdivia, Los Lagos, Chile", -39.81, -73.25),
        ("Thessaloniki, Macedonia, Greece", 40.64, 22.94),
        ("Merauke, Papua, Indonesia", -8.49, 140.40),
        ("Taldykorgan, Almaty Region, Kazakhstan", 45.02, 78.37),
    ],
)
def test_a_town_is_found_in_the_region_to_which_it_belonged(text: str, lat: float, lon: float) -> None:
    assert error(text, lat, lon) < 25
    assert find(text).confidence >= 0.85


@pytest.mark.parametrize(
    ("text", "name"),
    [("12 Nguyễn Trãi, Hải Dương, Việt Nam", "Hải Dương"), ("Bến Tre, Vietnam", "Bến Tre"), ("Kon Tum", "Kon Tum")],
)
def test_a_city_is_not_left_for_the_region_that_had_its_name(text: str, name: str) -> None:
    assert find(text).formatted.startswith(name)


@pytest.mark.parametrize(
    "text",
    [
        "Calle Colón, Zona Central, Cochabamba, Municipio Cochabamba, Provincia Cercado, Cochabamba, Bolivia",
        "Hamra Street, Hamra, Ras Beirut, Beirut, Beirut Governorate, 1103, Lebanon",
        "Cairo Road, Lusaka, Lusaka District, Lusaka Province, 10101, Zambia",
    ],
)
def test_a_city_that_is_named_again_as_its_region_is_sure(text: str) -> None:
    assert find(text).confidence >= 0.85
    assert find(text).match == "city"


@pytest.mark.parametrize(
    ("text", "country"), [("Birkirkara, Malta, Malta", "Malta"), ("Estelí, Nicaragua, Nicaragua", "Nicaragua")]
)
def test_a_country_that_is_named_twice_is_no_city_abroad(text: str, country: str) -> None:
    assert find(text).formatted.endswith(country)


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("VVXC+JR Sylhet, Bangladesh", 24.90, 91.87),  # not one digit: it had been a word
        ("JMJP+RR Arusha, Tanzania", -3.37, 36.69),
        ("Albert Street, Belize City, Belize, C.A.", 17.50, -88.19),
        ("Zona 1, San Salvador, El Salvador, C.A.", 13.70, -89.19),
        ("Jamestown STHL 1ZZ", -15.92, -5.72),
        ("Stanley FIQQ 1ZZ", -51.69, -57.86),
    ],
)
def test_plus_codes_and_what_stands_behind_small_countries_hide_no_town(text: str, lat: float, lon: float) -> None:
    assert error(text, lat, lon) < 25
    assert find(text).confidence >= 0.85


def test_a_week_is_no_town() -> None:
    assert find("Week 12, 2025") is None  # not Wick


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("PL-Warszawa", 52.23, 21.01),
        ("BE-Antwerpen", 51.22, 4.40),
        ("ROU-Cluj-Napoca", 46.77, 23.59),
        ("GB-Hull", 53.74, -0.33),
    ],
)
def test_the_code_of_a_country_may_be_glued_to_a_town_there(text: str, lat: float, lon: float) -> None:
    assert error(text, lat, lon) < 25


@pytest.mark.parametrize(
    "text", ["IN-House", "AD-Blocker", "CO-Working", "IT-Leiter", "PR-Agentur", "BE-Filiale", "ID-Card"]
)
def test_letters_glued_to_a_word_are_no_country(text: str) -> None:
    assert find(text) is None


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("Almaty, Almaty Region, Kazakhstan", 43.24, 76.95),
        ("Москва, Московская область", 55.75, 37.62),
        ("Київ, Київська область", 50.45, 30.52),
        ("Gwangju, Jeollanam-do", 35.16, 126.85),
        ("Bogotá, Cundinamarca, Colombia", 4.65, -74.08),
        ("Caracas 1080, Edo. Miranda", 10.49, -66.88),
        ("Wien, Niederösterreich", 48.21, 16.37),
        ("Canberra, NSW", -35.28, 149.13),
    ],
)
def test_a_city_is_said_to_be_in_the_region_around_it(text: str, lat: float, lon: float) -> None:
    assert error(text, lat, lon) < 25
    assert find(text).match == "city"
    assert find(text).confidence >= 0.7


def test_a_named_region_around_a_city_is_still_that_region() -> None:
    assert find("Московская область").formatted == "Moscow Oblast, Russia"
    assert find("Brandenburg, Deutschland").formatted.startswith("Brandenburg")


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("Kamakura-shi, Kanagawa", 35.32, 139.55),
        ("Tsukuba-shi, Ibaraki 305-0047", 36.08, 140.11),
        ("Karuizawa-machi, Nagano", 36.35, 138.63),
        ("Niseko-cho, Hokkaido", 42.80, 140.69),
        ("Changsha Shi, Hunan", 28.23, 112.94),
    ],
)
def test_kinds_of_towns_in_the_east_are_no_part_of_their_names(text: str, lat: float, lon: float) -> None:
    assert error(text, lat, lon) < 25
    assert find(text).match != "region"


def test_a_quarter_that_is_called_as_a_country_is_not_in_it() -> None:
    assert find("Urb. La Trinidad, Caracas 1080, Edo. Miranda").formatted == "Caracas, Venezuela"


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("CD DE MEXICO", 19.43, -99.13),
        ("STGO DE COMPOSTELA", 42.88, -8.54),
        ("STGO DEL ESTERO ARGENTINA", -27.80, -64.26),
        ("PTO MONTT", -41.47, -72.94),
        ("SN LUIS POTOSI SLP", 22.15, -100.98),
        ("PRES PRUDENTE SP", -22.13, -51.39),
        ("CNEL SUAREZ BS AS", -37.46, -61.93),
        ("Av. Corrientes 1234, Cap. Fed.", -34.60, -58.38),
    ],
)
def test_first_words_are_written_short_without_a_full_stop(text: str, lat: float, lon: float) -> None:
    assert error(text, lat, lon) < 25


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("Sthlm", 59.33, 18.07),
        ("Gbg, Sverige", 57.71, 11.97),
        ("Chch, NZ", -43.53, 172.64),
        ("Gdl, Jal", 20.68, -103.35),
        ("Colo Spgs CO", 38.83, -104.82),
        ("Hyd-500081", 17.45, 78.39),
        ("Екб", 56.84, 60.60),
        ("Den Haag ZH", 52.08, 4.31),
        ("'s-Hertogenbosch NB", 51.69, 5.30),
        ("Moncton NB", 46.09, -64.77),
        ("Nashua NH", 42.77, -71.47),
        ("København NV", 55.71, 12.54),
    ],
)
def test_cities_and_provinces_are_known_by_the_short_forms_of_tables(text: str, lat: float, lon: float) -> None:
    assert error(text, lat, lon) < 25


@pytest.mark.parametrize(("code", "region"), [("NH", "New Hampshire"), ("NB", "New Brunswick"), ("NV", "Nevada")])
def test_behind_a_town_that_is_not_known_a_code_is_a_state_s(code: str, region: str) -> None:
    assert find(f"Nowheresvil, {code}").formatted.startswith(region)


@pytest.mark.parametrize(
    "text",
    [
        "Boulevard Mohamed Zerktouni, Guéliz, Marrakech, Pachalik de Marrakech, Préfecture de Marrakech, Maroc",
        "Queen Street, Auckland Central, Auckland, Waitematā, Auckland, New Zealand / Aotearoa",
        "Municipalidad de Encarnación, Encarnación, Paraguay",
        "At & Post Anand, Tal. Anand, Dist. Anand, Gujarat 388001",
    ],
)
def test_a_city_that_stands_alone_is_sure_though_it_is_in_longer_names_too(text: str) -> None:
    assert find(text).confidence >= 0.85


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("Halifax West Yorkshire UK", 53.72, -1.86),
        ("PHAN THIET BINH THUAN VIETNAM", 10.93, 108.10),
        ("KATOWICE SLASKIE POLAND", 50.26, 19.02),
    ],
)
def test_a_region_is_known_at_home_before_its_country_without_a_comma(text: str, lat: float, lon: float) -> None:
    assert error(text, lat, lon) < 25
    assert find(text).confidence >= 0.85
