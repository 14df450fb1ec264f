"""How lines are read that lack a comma, begin with their end, or hold more than an address."""

from __future__ import annotations

import re

import pandas as pd
import pytest

import geopandas_batch  # noqa: F401  (the accessor)
from geopandas_batch import gazetteer
from geopandas_batch.gazetteer.answers.landscapes import TOWNS, Landscapes
from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.atlas.spelling import fold, key
from geopandas_batch.gazetteer.reading.countrynames import CALLED
from geopandas_batch.gazetteer.reading.formerregions import FORMER
from geopandas_batch.gazetteer.reading.homenames import AT_HOME
from geopandas_batch.gazetteer.reading.shortforms import find_local_names
from geopandas_batch.gazetteer.reverse.extents import Extents
from geopandas_batch.places import Location, Query


def find(text: str) -> Location | None:
    (answer,) = gazetteer.load().locate_many([Query(text)])
    return answer


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        ("Hunstanton Norfolk", "Hunstanton, United Kingdom"),
        ("7 Fore Street Totnes Devon", "Totnes, United Kingdom"),
        ("4 High Street Tuam Co Galway", "Tuam, Ireland"),
        ("Zamora Spainn", "Zamora, Castille and León, Spain"),
        ("Portugal Braga Rua Nova 4", "Braga, Portugal"),
        ("3811 AC Amersfoort Langestraat 8", "3811 AC Amersfoort, Netherlands"),
        ("F-57000 Metz Place d'Armes", "57000 Metz, France"),
        ("Trier Karlsplatz 3", "Trier, Germany"),
        ("Bahnhofstr. 4 Oberammergau", None),  # smaller towns need a comma
        ("Stanley Kent", None),  # a person
        ("Eséka Centre", "Eséka, Cameroon"),
        ("City of La Unión", "La Unión, El Salvador"),  # no Union in "LA"
        ("CALLE HIDALGO #100 LA CONCORDIA", None),
        ("Baton Rouge LA USA", "Baton Rouge, Louisiana, United States"),
        ("Bagdad Straße 193 Mittelwald", None),
    ],
)
def test_a_comma_may_be_missing_where_country_region_or_postcode_agree(text: str, formatted: str | None) -> None:
    answer = find(text)

    assert (answer and answer.formatted) == formatted


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        ("GA, Athens", "Athens, Georgia, United States"),
        ("WA, Perth", "Perth, Western Australia, Australia"),
        ("IN, Peru", "Peru, Indiana, United States"),
        ("LA, California", "Los Angeles, California, United States"),
        ("KL, Malaysia", "Kuala Lumpur, Malaysia"),
        ("Hospital Road, Wa, Ghana", "Wa, Ghana"),
        ("Sucre, Estado Plurinacional de Bolivia", "Sucre, Bolivia"),
        ("Johannesburg, SA", "Johannesburg, South Africa"),
        ("A-8970 Schladming, Hauptplatz 18", "8970 Schladming, Austria"),
    ],
)
def test_a_code_is_one_where_it_goes_with_the_rest(text: str, formatted: str) -> None:
    answer = find(text)

    assert answer is not None
    assert answer.formatted == formatted


@pytest.mark.parametrize(
    ("text", "state"), [("Hamburg, ND", "North Dakota"), ("Madrid, WY", "Wyoming"), ("Lima, MI", "Michigan")]
)
def test_a_namesake_that_is_not_known_is_not_the_region_abroad(text: str, state: str) -> None:
    answer = find(text)

    assert answer is not None
    assert answer.formatted == f"{state}, United States"
    assert answer.confidence <= 0.5


def test_a_region_is_believed_before_a_namesake_abroad_of_what_is_not_known() -> None:
    answer, gummi = find("203 Main St, Kobe, Zamfara State"), find("203 Main St, Gumi, Zamfara State")

    assert answer is not None
    assert answer.formatted == "Zamfara State, Nigeria"
    # Not the Gumi in South Korea: a town there is written so, too.
    assert gummi is not None
    assert (gummi.formatted, gummi.confidence) == ("Gummi, Nigeria", 0.4)


def test_a_short_form_of_a_city_is_not_sure_where_it_is_the_code_of_a_region() -> None:
    answer = find("Kattpal, KL")

    assert answer is not None
    assert answer.confidence <= 0.5


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        ("Shanghai Headquarters", "Shanghai, China"),
        ("Melbourne office", "Melbourne, Victoria, Australia"),
        ("Lagos or remote", "Lagos, Nigeria"),
        ("Kunming Centro", "Kunming, China"),
        ("Jakarta HQ", "Jakarta, Indonesia"),
        ("5 Main St, Normal", "Normal, Illinois, United States"),
        ("12 MAIN ST NORMAL", "Normal, Illinois, United States"),
        ("Hauptstraße 5, Leer", "Leer, Germany"),
        ("Calle Mayor 5, Azul", "Azul, Argentina"),
        ("Manila Makati", "Manila, Philippines"),
        ("Johannesburg Sandton", "Johannesburg, South Africa"),
        ("Jakarta Selatan", "Jakarta, Indonesia"),
        ("Madrid Atocha", "Atocha, Spain"),
        ("Da Nang city", "Da Nang City, Vietnam"),
        ("Kansas City Convention Center", None),
        ("Sydney Sweeney", None),
        ("12 Church Rd, Empty", None),
        ("Shirt 42, azul", None),
        ("Normal", None),
        ("Paris Hilton", None),
    ],
)
def test_words_of_lists_and_forms_hide_no_town(text: str, formatted: str | None) -> None:
    answer = find(text)

    assert (answer and answer.formatted) == formatted


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        ("Calle Hidalgo #95, Palmillas, Zacatecas, Mexico", "Palmillas, Zacatecas, Mexico"),
        ("Rua Chile 5, Natal", "Natal, Rio Grande do Norte, Brazil"),
        ("1300 Superior Ave, Cleveland", "Cleveland, Ohio, United States"),
        ("239 rue de George Town, 44610 Idnre, France", "44610 Indre, France"),
        ("Rua Roxo 173 Sales SP Brazil", "Sales, Brazil"),
        ("Quezon Ave, New Visayas, Philippines", "New Visayas, Philippines"),
    ],
)
def test_a_region_that_has_the_name_of_a_street_or_a_city_does_not_take_its_place(text: str, formatted: str) -> None:
    answer = find(text)

    assert answer is not None
    assert answer.formatted == formatted
    assert answer.confidence > 0.6


def test_a_code_of_many_meanings_does_not_deny_a_well_known_city() -> None:
    answer = find("Kiel, SH")

    assert answer is not None
    assert answer.formatted.endswith("Germany")
    assert answer.confidence <= 0.5


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        ("5000 Córdoba, Belgrano 120, Argentina", "5000 Córdoba, Argentina"),
        ("12 avenue Foch, 54035 Nancy Cedex", "Nancy, France"),
        ("Estrada Nacional 4, 7150 Borba", "Borba, Portugal"),
        ("9 rue Pasteur, 21000 Dijon, Tel. +33 3 80 00 00 00", "21000 Dijon, France"),
        ("Park Street, Calcutta, P.O. Box 1284", "Kolkata, India"),
        ("Köln, Domkloster 4, post@dom.example", "Köln, Germany"),
    ],
)
def test_no_other_number_is_a_postcode_and_no_street_a_region(text: str, formatted: str) -> None:
    answer = find(text)

    assert answer is not None
    assert answer.formatted == formatted


@pytest.mark.parametrize(
    ("text", "country"),
    [
        *(("Pollença, Mallorca", "Spain"), ("Xewkija, Gozo", "Malta"), ("Nadi, Viti Levu", "Fiji")),
        *(("Hasselt, Limburg", "Belgium"), ("Roermond, Limburg", "Netherlands"), ("Rochester, Kent", "United Kingdom")),
        *(("Бровари, Київська область", "Ukraine"), ("Poznań, wielkopolskie", "Poland")),
        *(("Wheeling, W. Va.", "United States"), ("Gyumri, Hayastan", "Armenia"), ("கோயம்புத்தூர், தமிழ்நாடு", "India")),
    ],
)  # fmt: skip
def test_regions_and_islands_have_names_at_home(text: str, country: str) -> None:
    answer = find(text)

    assert answer is not None
    assert answer.formatted.endswith(country)
    assert answer.confidence >= 0.8


def test_each_name_at_home_stands_for_something() -> None:
    written = {
        fold(pair.partition("=")[0].strip())
        for table in (*AT_HOME.values(), *FORMER.values())
        for pair in re.split(r"[;\n]", table)
        if pair.strip()
    }
    written |= {fold(name) for names in CALLED.values() for name in names.split("/")}

    assert {said for said, _ in find_local_names(Atlas())} == written


@pytest.mark.parametrize(
    "text",
    [
        *("12 Hospital Rd", "45 Mill Rd", "Station Rd"),
        *("Boston Thompson", "Florence Welch", "Phoenix Industries", "Lisbon leather wallet", "Pizzeria Roma"),
        *("Carolina Herrera", "Best Western", "Made in China", "Product of Italy", "Toronto Raptors jersey"),
        *("Preis", "offen", "lundi", "adresa", "Datum", "s.o.", "REF 2024/AB/77", "PO-2024-118"),
    ],
)
def test_streets_people_things_and_words_of_forms_are_no_places(text: str) -> None:
    assert find(text) is None


@pytest.mark.parametrize("text", ["Sydney Opera House", "Moscow Kremlin", "Paris XVIIIe"])
def test_a_town_before_what_is_in_it_is_a_place(text: str) -> None:
    assert find(text) is not None


def test_the_lines_of_a_cell_are_parts() -> None:
    cells = pd.DataFrame({"address": ["Rue de la République\nAvignon", "12 High Street,\r\nBath\r\nSomerset\r\n"]})
    found = cells.geo.locate("address", service="gazetteer", details=True)

    assert found["formatted"].tolist() == ["Avignon, France", "Bath, United Kingdom"]


def test_a_big_city_of_the_country_is_guessed_at_where_two_letters_are_wrong() -> None:
    izmir, unknown = find("Izmeer, Turkey"), find("Qwertzingen, Germany")

    assert izmir and unknown
    assert izmir.formatted == "İzmir, Türkiye"
    assert izmir.confidence <= 0.4
    assert unknown.match == "country"


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        ("Branická 358, Větedov, Czechia", "Věteřov, Czechia"),  # not the quarter Braník
        ("Dagobert-Mude-Alley 3-7, Illmesee, Germany", "Illmensee, Germany"),  # nor Alzey
        ("9400 Soprong, Fő tér 1., Magyarország", "9400 Sopron, Hungary"),  # a code, not the number of a house
    ],
)
def test_a_street_before_a_misspelt_town_is_not_taken_for_it(text: str, formatted: str) -> None:
    found = find(text)

    assert found and found.formatted == formatted


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        # What is found beside the misspelt town is not what is meant.
        ("Richmod, Surrey TW9", "TW9 Richmond, United Kingdom"),
        ("Unter den Linden 77, 10117 Beerlin", "10117 Berlin, Germany"),
        ("22 Rizal St., Iloillo City 5000", "5000 Iloilo, Philippines"),
        ("PO Box 4, Cowey Wyoming USA", "Cowley, Wyoming, United States"),
        ("12 Water Street, Port Tonwsend, WA 98368", "98368 Port Townsend, Washington, United States"),
        ("Santiago de Compostea, A Coruña", "Santiago de Compostela, Spain"),
        ("Universidad de Colima, Manzanllo, Colima, México", "Manzanillo, Mexico"),
        ("Carrer Nou 18, 17600 Fiueres, Girona", "17600 Figueres, Spain"),
        ("Los Angels, CA", "Los Angeles, California, United States"),
        # The country is misspelt, or says where the postcode is.
        ("90402 Germnay", "90402 Nuremberg, Germany"),
        ("04001 Alemría", "04001 Almería, Spain"),
        ("CH-1201 Geève", "1201 Geneva, Switzerland"),
        ("Nizhni Novgorod ussia", "Nizhniy Novgorod, Russia"),
        ("17033 NEUBRANDENBUFG TURMSTR 5", "17033 Neubrandenburg, Germany"),
        # Two errors, in a region.
        ("Cincnatti, Ohio", "Cincinnati, Ohio, United States"),
        ("Guadelajra, Mexico", "Guadalajara, Mexico"),
        # The first letter is wrong.
        ("Plaza Mayor, 28012 nadrid", "28012 Madrid, Spain"),
        ("Khiyaban-e Hafez, yabriz, Iran", "Tabriz, Iran"),
        # The street or the script says in which country.
        ("Piazza Bra 1, Veroan", "Verona, Italy"),
        ("Πλατεία Αριστοτέλους, Θεσαλονίκη", "Thessaloníki, Greece"),
        ("شارع بغداد، اللاذقة، سوريا", "Latakia, Syria"),
        ("রাশাহী, বাংলাদেশ", "Rajshahi, Bangladesh"),
    ],
)
def test_a_misspelt_town_is_found_by_what_stands_beside_it(text: str, formatted: str) -> None:
    found = find(text)

    assert found and found.formatted == formatted
    assert found.confidence < 0.85


@pytest.mark.parametrize(
    "text", ["Broken Hill Mine Tours, Crystal Lane", "Zydney", "Иван Петров", "Νίκος Καζαντζάκης", "יוסי כהן"]
)
def test_streets_and_persons_are_no_misspelt_towns(text: str) -> None:
    assert find(text) is None


@pytest.mark.parametrize(
    "text",
    ["7100 Olbia", "1134 Gordon Lock Apt. 231", "50116 Le Mot-Saint-Michel", "Satnaigo de Cuba, Cuba", "1205 Broadway"],
)
def test_a_namesake_abroad_is_not_sure(text: str) -> None:
    found = find(text)

    assert found and found.confidence <= 0.5


@pytest.mark.parametrize("text", ["12 quai des Chartrons Bordeaux", "DURAND 12 QUAI DES CHARTRONS BORDEAUX"])
def test_a_town_at_the_end_of_a_street_line_needs_no_comma(text: str) -> None:
    found = find(text)

    assert found and found.formatted == "Bordeaux, France"
    assert found.confidence <= 0.7


@pytest.mark.parametrize("text", ["Calle Mayor 5, puerta 3", "Via Cutrufo 85, piano 4", "12 rue Victor Hugo"])
def test_doors_floors_and_streets_are_no_towns(text: str) -> None:
    assert find(text) is None


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        ("San Francisco Bay Area", "San Francisco, California, United States"),
        ("Tampa Bay Area", "Tampa, Florida, United States"),
        ("Greater Sydney Area", "Sydney, New South Wales, Australia"),
        ("Denver Metro Area", "Denver, Colorado, United States"),
        ("Cluj Metropolitan Area", "Cluj-Napoca, Romania"),
        ("Hamburg und Umgebung", "Hamburg, Germany"),
        ("Raum München", "Munich, Germany"),
        ("Minneapolis-St. Paul", "Saint Paul, Minnesota, United States"),
        ("Dallas-Fort Worth Metroplex", "Fort Worth, Texas, United States"),
    ],
)
def test_what_surrounds_a_city_is_the_city_and_not_sure(text: str, formatted: str) -> None:
    answer = find(text)

    assert answer is not None
    assert answer.formatted == formatted
    assert answer.confidence <= 0.75


@pytest.mark.parametrize("text", ["Picnic Area", "Reception area, second floor", "Smith-Jones Area", "Greater good"])
def test_not_every_area_surrounds_a_city(text: str) -> None:
    assert find(text) is None


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        ("Sta Cruz de Tenerife", "Santa Cruz de Tenerife, Spain"),
        ("Purok 3, Sta Rosa, Laguna", "Santa Rosa, Philippines"),
        ("STO TOMAS, BATANGAS", "Santo Tomas, Philippines"),
        ("Harbour St, Montego Bay, St James, Jamaica W.I.", "Montego Bay, Jamaica"),
        ("Bay Street, Bridgetown, Barbados, W. I.", "Bridgetown, Barbados"),
        ("Madison, W.I.", "Madison, Wisconsin, United States"),
    ],
)
def test_saints_need_no_dot_and_the_west_indies_are_not_in_wisconsin(text: str, formatted: str) -> None:
    answer = find(text)

    assert (answer and answer.formatted) == formatted


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        ("Mallorca", "Mallorca, Spain"),
        ("Majorca, Spain", "Mallorca, Spain"),
        ("Hotel Sol, Menorca, Spain", "Menorca, Spain"),
        ("Elba, Italy", "Elba, Italy"),
        ("Cape Cod, MA", "Cape Cod, Massachusetts, United States"),
        ("Vancouver Island, BC, Canada", "Vancouver Island, Canada"),
        ("Lake District, UK", "Lake District, United Kingdom"),
        ("Schwarzwald", "Black Forest, Germany"),
        ("Bohemia", "Bohemia, Czechia"),
        ("九州", "Kyushu, Japan"),
        ("Öland, Sweden", "Öland, Sweden"),
        ("Åland, Finland", "Åland, Åland Islands"),
    ],
)
def test_islands_and_landscapes_are_as_sure_as_their_people_live_near(text: str, formatted: str) -> None:
    answer = find(text)

    assert answer is not None
    assert (answer.formatted, answer.match) == (formatted, "region")
    assert answer.confidence <= 0.8
    assert dict(answer.extra)["uncertainty"] > 3_000


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        ("Cala Rajada, Mallorca", "Cala Rajada, Spain"),
        ("Waipahu, Oahu", "Waipahu, Hawaii, United States"),
        ("Bohemia, NY", "Bohemia, New York, United States"),
        ("Java, SD", "Java, South Dakota, United States"),
        ("Patagonia, AZ", "Patagonia, Arizona, United States"),
        ("Lorraine, QC", "Lorraine, Quebec, Canada"),
        ("12 rue de Bourgogne, Lyon", "Lyon, France"),
        ("Corfu", "Corfu, Greece"),  # a town, too
    ],
)
def test_a_town_on_an_island_or_of_its_name_is_the_town(text: str, formatted: str) -> None:
    answer = find(text)

    assert (answer and answer.formatted, answer and answer.match) == (formatted, "city")


def test_each_landscape_has_all_of_its_towns_and_is_no_larger_than_such_are() -> None:
    atlas = Atlas()
    landscapes = Landscapes(atlas, Extents(atlas))

    for where, pairs in TOWNS.items():
        for pair in filter(None, map(str.strip, re.split(r"[;\n]", pairs))):
            names, towns = pair.split("=")
            places = landscapes.find_places(where, towns)
            assert len(places) == len(towns.split("/")), pair
            for name in names.split("|"):
                found = landscapes.find(key(name))
                assert found is not None, name
                assert found.radius < 1_300_000, name  # Siberia, Patagonia


@pytest.mark.parametrize(
    ("text", "town"),
    [
        ("Av. Larco 1150, Miraflores, Lima 18", "Miraflores, Peru"),
        ("Via Roma 4, Corato, Bari", "Corato, Italy"),
        ("1 Rue Principale, Saint-Félicien, Saguenay/Lac-Saint-Jean", "Saint-Félicien, Quebec, Canada"),
    ],
)
def test_a_city_after_a_town_is_its_district_with_and_without_the_country(text: str, town: str) -> None:
    for address in (text, f"{text}, {town.rpartition(', ')[2]}"):
        answer = find(address)

        assert (answer and answer.formatted) == town


@pytest.mark.parametrize(
    ("text", "town"),
    [
        ("TU Delft", "Delft, Netherlands"),
        ("Uppsala universitet", "Uppsala, Sweden"),
        ("Kyoto University", "Kyoto, Japan"),
        ("Flughafen München", "Munich, Germany"),
        ("Geneva International Airport", "Geneva, Switzerland"),
        ("Leipzig Hbf", "Leipzig, Germany"),
        ("Leeds City Centre", "Leeds, United Kingdom"),
        ("Aarhus University", "Århus, Denmark"),
        ("Victoria railway station", "Victoria, Australia"),  # at 0.3: there are many
        ("Picnic Airport", None),
        ("Universität für Bodenkultur", None),
        ("City University", None),
        ("Mobile Center", None),
    ],
)
def test_what_is_named_after_a_city_is_there_and_not_sure(text: str, town: str | None) -> None:
    answer = find(text)

    assert (answer and answer.formatted) == town
    assert answer is None or answer.confidence <= 0.75


@pytest.mark.parametrize(
    ("text", "formatted", "match"),
    [
        ("Stadt Fürth", "Fürth, Bavaria, Germany", "city"),
        ("Landkreis Göttingen", "Göttingen, Germany", "city"),
        ("Comune di Fiesole", "Fiesole, Italy", "city"),
        ("Municipality of Anchorage", "Anchorage, Alaska, United States", "city"),
        ("Județul Cluj", "Cluj-Napoca, Romania", "city"),
        ("City of Toowoomba", "Toowoomba, Queensland, Australia", "city"),
        ("Ville de Sherbrooke", "Sherbrooke, Quebec, Canada", "city"),
        ("Département de l'Isère", "Isère, France", "region"),
        ("Hérault", "Hérault, France", "region"),
        ("Cook County", "Cook County, United States", "region"),
        ("Московская область", "Moscow Oblast, Russia", "region"),
    ],
)
def test_counties_and_communes_are_found_by_themselves(text: str, formatted: str, match: str) -> None:
    answer = find(text)

    assert (answer and answer.formatted, answer and answer.match) == (formatted, match)


@pytest.mark.parametrize(
    "text", ["Kreis", "City Hall", "Washington County", "Stadt Land Fluss", "Municipio Libre", "Cook"]
)
def test_a_county_that_has_many_namesakes_is_none(text: str) -> None:
    assert find(text) is None


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        ("Dorfstr. 1, D-17213 Xyzdorf", "17213 Göhren-Lebbin, Germany"),
        ("1 rue Haute, F-38300 Xyzville", "38300 Châteauvilain, France"),
        ("Viale Trento 8/B, I-38066 iRva del Garda", "38066 Riva del Garda, Italy"),
        ("D-17213 Xyzdorf", None),  # so is many a thing
    ],
)
def test_the_letter_of_a_vehicle_tells_the_country_of_a_postcode(text: str, formatted: str | None) -> None:
    answer = find(text)

    assert (answer and answer.formatted) == formatted
