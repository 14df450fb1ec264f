"""Where the postcode and the name beside it do not say the same: a misspelt village, a town that is not known."""

from __future__ import annotations

import random

import pytest
from gazetteer_villages import Village, draw

from geopandas_batch import gazetteer
from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.ranking.evidence import kilometres
from geopandas_batch.places import Query


def misspell(chance: random.Random, name: str) -> str:
    """The name with a letter left out, doubled or wrong, or with two swapped."""
    at = chance.randrange(1, max(2, len(name) - 1))
    before, letter, after = name[:at], name[at : at + 1], name[at + 1 :]
    return chance.choice(
        (before + after, before + letter * 2 + after, before + "o" + after, before + after[:1] + letter + after[1:])
    )


@pytest.fixture(scope="module")
def villages() -> list[Village]:
    return draw(Atlas(), 1_500, seed=17)


def test_the_postcode_says_where_a_misspelt_village_is(villages: list[Village]) -> None:
    chance = random.Random(3)
    asked = [Query(village.write(chance.randrange(1, 300), misspell(chance, village.name))) for village in villages]

    answers = gazetteer.load().locate_many(asked)

    far = [
        (1.0, 20_000.0)
        if answer is None
        else (answer.confidence, kilometres(answer.lat, answer.lon, village.lat, village.lon))
        for answer, village in zip(answers, villages, strict=True)
    ]
    sure = [distance for confidence, distance in far if confidence >= 0.85]
    assert sum(distance <= 25 for _, distance in far) > 0.99 * len(far)
    assert len(sure) > 0.8 * len(far)
    assert sum(distance <= 25 for distance in sure) > 0.995 * len(sure)


@pytest.mark.parametrize(
    ("address", "town"),
    [
        ("98 rue Victor Hugo, 40270 Caères-sur-l'Adour, France", "40270 Cazères-sur-l'Adour, France"),
        ("47 Elm St, Van Eten, 14889, USA", "14889 Van Etten, New York, United States"),
        ("105 Main St, Red Spcrings, 28377, USA", "28377 Red Springs, North Carolina, United States"),
        ("71 Main St, Duoble Springs, 35553", "35553 Double Springs, Alabama, United States"),
        ("Str. Eminescu 3, Turnu Ruibni 327405, Romania", "327405 Turnu Ruieni, Romania"),
        ("Calle Mayor 35, 85567 Krafing bei München, Germany", "85567 Grafing bei München, Germany"),
        # Not Sé in Viana do Castelo, Ablis, nor Ås.
        ("Rua da Sé 9, 7000-522 Évra, Portugal", "7000 522 Évora, Portugal"),
        ("3 allée Jean-Jaurès Appt 12 81000 Abli FRANCE", "81000 Albi, France"),
        ("Fiskeoppdrett AS, Havnegata 4, 8300 Svolvæær, Norway", "8300 Svolvær, Norway"),
        # Even three letters of four are enough beside it.
        ("Korenmarkt 1, 9000 Gnt", "9000 Gent, Belgium"),
        ("PL 12, 90101 Olu", "90101 Oulu, Finland"),
        # A postcode that comes first is no house where the house stands behind.
        ("2600 Vfác, Petőfi utca 122, Hungary", "2600 Vác, Hungary"),
    ],
)
def test_a_misspelt_town_is_that_of_its_postcode(address: str, town: str) -> None:
    (answer,) = gazetteer.load().locate_many([Query(address)])

    assert answer is not None
    assert answer.formatted == town
    assert answer.match == "postcode"


@pytest.mark.parametrize(
    ("address", "town"),
    [
        ("Cumhuriyet Cd. 7, 55030 Samsun, Türkiye", "Samsun, Türkiye"),
        ("Cumhuriyet Cd. 7 55030 Samsun Türkiye", "Samsun, Türkiye"),
        ("Alice Springs NT 0870", "Alice Springs, Northern Territory, Australia"),
        ("Bldg 5, No. 66 Jiefang Rd, Yantai, Shandong 264000, China", "Yantai, China"),
        ("Shop No. 7, Main Bazaar, Jodhpur, Rajasthan, PIN 342001", "Jodhpur, India"),
        ("Jl. Braga No. 10 Bandung 40111 Indonesia", "Bandung, West Java, Indonesia"),
    ],
)
def test_a_well_known_town_is_meant_though_the_postal_file_has_its_code_elsewhere(address: str, town: str) -> None:
    (answer,) = gazetteer.load().locate_many([Query(address)])

    assert answer is not None
    assert answer.formatted == town


@pytest.mark.parametrize(
    ("address", "town"),
    [
        (
            "30271 Gonzales Junctions, Summerfield, North Carolina, United States",
            "Summerfield, North Carolina, United States",
        ),
        ("67878 Lisa Harbor Suite 595 Marco United States", "Marco, Florida, United States"),
        ("Apt. 487 7 Nathaniel Retreat Rose Bay Australia", "Rose Bay, New South Wales, Australia"),
        ("Castillo PLC, Level 3 046 Richard Quays, Curra, Australia", "Curra, Queensland, Australia"),
        ("rue de Besançon 1009, Niederhelfenschwil, Saint Gallen, Switzerland", "Niederhelfenschwil, Switzerland"),
        ("Via Morpurgo, 7 Piano 2 #75010, Casorate Sempione, Lombardy, Italy", "Casorate Sempione, Italy"),
        ("Apt. 18, 20573 Margaret Bridge, Bastrop, Louisiana, USA", "Bastrop, Louisiana, United States"),
        ("45 Morton Cutting #4580, Syndey, New South Wales, Australia", "Sydney, New South Wales, Australia"),
        ("Parkgatan 758, Forshaga, Sweden, Tel. 555 13670", "Forshaga, Sweden"),
        # The code is unknown, and does not make the number of the house one.
        ("63931 Rebecca Centers, Gridley, Illinois 69744, USA", "Gridley, Illinois, United States"),
    ],
)
def test_the_number_of_a_house_says_nothing_of_its_town(address: str, town: str) -> None:
    (answer,) = gazetteer.load().locate_many([Query(address)])

    assert answer is not None
    assert answer.formatted == town


@pytest.mark.parametrize(
    ("address", "town"),
    [
        ("Tylerdreef 5, 3906 DA Veenendal, Utrecht, Netherlands", "3906 Veenendaal, Netherlands"),
        ("Praça Nascimento, 201, 4740-314 Efsposende, Braga, Portugal", "4740 314 Esposende, Portugal"),
        ("Arany jános utca 238., Pája 8591, Veszprém, Hungary", "8591 Pápa, Hungary"),
        ("Petőfi sándor utca 86., 8258 Badacsonytomj, Veszprém, Hungary", "8258 Badacsonytomaj, Hungary"),
    ],
)
def test_the_town_beside_the_code_is_meant_not_the_region_behind_it_that_has_the_name_of_its_capital(
    address: str, town: str
) -> None:
    (answer,) = gazetteer.load().locate_many([Query(address)])

    assert answer is not None
    assert answer.formatted == town


@pytest.mark.parametrize(
    ("address", "town"),
    [
        ("Szabadság utca 211., Suite 3131, Csurgó, Somogy County, Hungary", "Csurgó, Hungary"),
        ("Survey No 1, Customer 23000, Borovo, Croatia", "Borovo, Croatia"),
        ("Grangatan 231, Kisa, Sweden, ref 12067", "Kisa, Sweden"),
    ],
)
def test_a_number_that_is_named_is_no_postcode(address: str, town: str) -> None:
    (answer,) = gazetteer.load().locate_many([Query(address)])

    assert answer is not None
    assert answer.formatted == town
    assert not answer.reason


def test_a_full_code_is_a_postcode_whatever_stands_before_it() -> None:
    (answer,) = gazetteer.load().locate_many([Query("Unit SW1A 2AA London")])

    assert answer is not None
    assert answer.formatted == "SW1A 2AA London, United Kingdom"


@pytest.mark.parametrize(
    ("query", "town"),
    [
        # The names are those of regions or districts, too.
        (Query("53011 Lyons Stream, Ontario, Oregon 90914, USA"), "Ontario, Oregon, United States"),
        # It lies in the state that is said, and the code does not.
        (
            Query("Stand 12214, 34207 Williams Groves, Scottsville, Kentucky, USA"),
            "Scottsville, Kentucky, United States",
        ),
        (Query("79 COOK GLEN SINGLETON WESTERN AUSTRALIA 1675 AUSTRALIA"), "Singleton, Western Australia, Australia"),
        (Query("75 April Mount, Virginia, South Australia 5160"), "Virginia, South Australia, Australia"),
        (
            Query(street="Brekkeeggen 1", city="Berg", postcode="9935", state="Troms", country="Norway"),
            "Berg, Norway",
        ),
        # One line without commas: nothing else stands between the code and the end, or between a number and the code.
        (Query("EIDEGRENDA 25B 4698 JØRPELAND NORWAY"), "Jørpeland, Norway"),
        (Query("EVYDREEF 13 4701 CG OOSTBURG NETHERLANDS"), "Oostburg, Netherlands"),
        (Query("CANALE GIANNELLI 72 APPARTAMENTO 26 22026 PIZZIGHETTONE ITALY"), "Pizzighettone, Italy"),
        (Query("27059 BOOKER EXTENSIONS MARSHALLTOWN IOWA 51058 USA"), "Marshalltown, Iowa, United States"),
    ],
)
def test_a_town_that_stands_where_the_town_stands_is_meant_though_its_code_is_wrong(query: Query, town: str) -> None:
    (answer,) = gazetteer.load().locate_many([query])

    assert answer is not None
    assert answer.formatted == town


@pytest.mark.parametrize(
    ("address", "namesake"),
    [
        # Rua Direita and Gewerbepark are villages, half an hour from these codes, but here they are streets.
        ("Rua Direita 291, 4980479 Prao, Portugal", "Rua Direita, Portugal"),
        ("Rua Direita 65, 4720097 Cadelas, Portugal", "Rua Direita, Portugal"),
        ("Gewerbepark 5, 4600 Wls, Österreich", "Gewerbepark, Upper Austria, Austria"),
        ("287 rue Victor Hugo, 72140 Mnt-Saint-Jean, France", "Saint-Jean-du-Bois, Pays de la Loire, France"),
    ],
)
def test_a_street_or_a_piece_that_bears_the_name_of_a_village_around_is_not_sure(address: str, namesake: str) -> None:
    (answer,) = gazetteer.load().locate_many([Query(address)])

    assert answer is not None
    assert answer.confidence < 0.85 or answer.formatted != namesake


@pytest.mark.parametrize(
    ("address", "town"),
    [
        # The codes are of wide areas, and their points elsewhere in them.
        ("Storgata 3, 9334 Storlsteinnes, Norway", "Storsteinnes, Norway"),
        ("Box 12, Bgigar, SK S0K", "Biggar, Saskatchewan, Canada"),
    ],
)
def test_the_point_is_that_of_the_town_where_its_postcode_is_of_a_wide_area(address: str, town: str) -> None:
    (answer,) = gazetteer.load().locate_many([Query(address)])

    assert answer is not None
    assert answer.formatted == town
    assert answer.match == "city"


@pytest.mark.parametrize(
    ("address", "town"),
    [
        ("Nueva Espermanza, Santiago del Estero, Argentina", "Nueva Esperanza, Argentina"),
        ("São Martinho do Pojto, Leiria, Portugal", "São Martinho do Porto, Portugal"),
        ("Cpraia Isola, Tuscany, Italy", "Capraia Isola, Italy"),
        ("Magasin général, Baie-Saint-aPul, Québec", "Baie-Saint-Paul, Quebec, Canada"),
        ("Snta Cruz de la Sierra, Bolivia", "Santa Cruz de la Sierra, Bolivia"),
        ("Las Palas de Gran Canaria, Spain", "Las Palmas de Gran Canaria, Spain"),
        # The word behind is a region or a country, elsewhere or here, or a code.
        ("Satniago de Cuba, Cuba", "Santiago de Cuba, Cuba"),
        ("311 Oak Street, Depoeu Bay, OR", "Depoe Bay, Oregon, United States"),
        ("Trg slobode 3, 21000 Novi ad, Srbija", "Novi Sad, Serbia"),
        ("Chapinero, Bogtá D.C.", "Bogotá, Colombia"),
        ("Frnakfurt a.M.", "Frankfurt am Main, Germany"),
        ("Rue 12, Cap-Haïttien, Haïti", "Cap-Haïtien, Haiti"),
        # So is a piece of the country or of the region that is misspelt.
        ("P O Box 77, Truth or Consequences, Neew Mexico", "Truth or Consequences, New Mexico, United States"),
        ("Divine Word University, Madang, Papau New Guinea", "Madang, Papua New Guinea"),
        ("Juba Grand, Airport Road, Juba, SSouth Sudan", "Juba, South Sudan"),
        ("Stanley, Fallkland Islands", "Stanley, Falkland Islands"),
        # Short names, of cities in the country or of towns in the region.
        ("Mink, Belarus", "Minsk, Belarus"),
        ("Csco, Perú", "Cusco, Peru"),
        ("Roe, GA", "Rome, Georgia, United States"),
        # Saints, mounts and forts are short in the index.
        ("Mouunt Vernon, NY", "Mount Vernon, New York, United States"),
        ("Foort Worth, Texas", "Fort Worth, Texas, United States"),
        ("Sait-Mard, Wallonia, Belgium", "Saint-Mard, Belgium"),
        ("Rue 10, Saaint-Louis, Sénégal", "Saint-Louis, Senegal"),
        ("Sankkt Pölten, Niederösterreich", "Sankt Pölten, Austria"),
    ],
)
def test_a_misspelt_town_is_looked_for_before_its_region_or_the_capital_of_that_is_told(
    address: str, town: str
) -> None:
    (answer,) = gazetteer.load().locate_many([Query(address)])

    assert answer is not None
    assert answer.formatted == town
    assert answer.confidence < 0.85
