"""The confidence and the uncertainty hold what they say; what is no address has none."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from geopandas_batch import gazetteer
from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.ranking.evidence import kilometres
from geopandas_batch.places import Location, Query

HERE = Path(__file__).parent


def addresses(*names: str) -> list[dict[str, str]]:
    rows = []
    for name in names:
        with (HERE / name).open(encoding="utf-8", newline="") as file:
            rows += [row for row in csv.DictReader(file) if row["lat"]]
    return rows


ROWS = addresses(
    *("addresses.csv", "gazetteer_dev.csv", "gazetteer_heldout.csv", "gazetteer_everyday.csv"),
    "gazetteer_firstshot.csv",
)


def answers(rows: Sequence[dict[str, str]]) -> list[tuple[Location, float]]:
    """Answers, and how many km each is from the truth."""
    found = gazetteer.load().locate_many([Query(row["address"]) for row in rows])
    return [
        (answer, kilometres(float(row["lat"]), float(row["lon"]), answer.lat, answer.lon))
        for row, answer in zip(rows, found, strict=True)
        if answer
    ]


def metres(answer: Location) -> float:
    return float(dict(answer.extra)["uncertainty"])


@pytest.mark.parametrize("match", ["city", "postcode"])
def test_nine_of_ten_lie_within_the_uncertainty(match: str) -> None:
    right = [(answer, km) for answer, km in answers(ROWS) if answer.match == match and km <= 25]
    held = [km * 1000 <= metres(answer) for answer, km in right]

    assert len(held) > 200
    assert sum(held) >= 0.9 * len(held)


def test_the_uncertainty_is_not_bought_with_width() -> None:
    """It says more than that the answer is within 25 km."""
    widths = [metres(answer) for answer, _ in answers(ROWS) if answer.match in ("city", "postcode")]

    assert np.median(widths) < 7_000
    assert max(widths) <= 25_000


def test_that_of_a_region_and_a_country_holds_nine_of_ten_of_its_people() -> None:
    places = gazetteer.load()
    atlas = places._atlas
    texas, france, singapore = places.locate_many([*map(Query, ("Texas", "France", "Singapore"))])
    assert texas and france and singapore

    for answer, code, region in ((texas, "US", "Texas"), (france, "FR", "")):
        country = atlas.countries.index(code)
        inside = np.flatnonzero(np.asarray(atlas.country)[: atlas.places] == country).tolist()
        inside = [place for place in inside if not region or atlas.describe(place).split(", ")[-2] == region]
        people = np.array([10 ** (atlas.weight[place] / 30) for place in inside])
        apart = np.array(
            [kilometres(answer.lat, answer.lon, atlas.lat[place] / 1e4, atlas.lon[place] / 1e4) for place in inside]
        )
        held = people[apart * 1000 <= metres(answer)].sum() / people.sum()
        assert 0.89 <= held <= 0.97
        assert answer.confidence <= max(0.05, people[apart <= 25].sum() / people.sum())
    assert metres(singapore) < 40_000
    (bermuda,) = places.locate_many([Query("Bermuda")])
    assert bermuda and bermuda.match == "country" and bermuda.confidence >= 0.7


def test_of_answers_with_a_confidence_of_85_98_in_100_are_within_25_km() -> None:
    sure = [km <= 25 for answer, km in answers(ROWS) if answer.confidence >= 0.85]

    assert len(sure) > 0.6 * len(ROWS)
    assert sum(sure) >= 0.98 * len(sure)


@pytest.mark.parametrize("form", ["{}", "12 Station Road, {}"])
def test_a_bare_name_is_as_sure_as_it_is_often_right(form: str) -> None:
    """Towns by their names alone, drawn from the file by the square root of their people."""
    places = gazetteer.load()
    atlas = places._atlas
    weight = np.asarray(atlas.weight)[: atlas.places].astype(float)
    chance = np.where(weight >= 100, 10 ** (weight / 60), 0)
    drawn = np.random.default_rng(5).choice(len(weight), 1_500, p=chance / chance.sum()).tolist()
    for context in (False, True):
        found = [
            places.locate_many(
                [Query(form.format(atlas.label(place)))], context=atlas.countries[atlas.country[place]] * context
            )[0]
            for place in drawn
        ]
        right = [
            (
                answer.confidence,
                kilometres(answer.lat, answer.lon, atlas.lat[place] / 1e4, atlas.lon[place] / 1e4) <= 25,
            )
            for place, answer in zip(drawn, found, strict=True)
            if answer
        ]
        for low, high in ((0.3, 0.5), (0.5, 0.7), (0.7, 0.99)):
            held = [good for confidence, good in right if low <= confidence < high]
            assert sum(held) >= (low - 0.05) * len(held), (context, low, len(held))
        # What stands alone may be no address; what has a house number is one.
        modest = np.mean([good for _, good in right]) - np.mean([confidence for confidence, _ in right])
        assert modest <= (0.2 if "12" in form else 0.25)


def test_seven_of_eight_ambiguous_names_are_unsure_and_name_a_rival() -> None:
    """First shots: 46 of the first 70, and 42 of the 51 that were written after what failed was mended."""
    names = (HERE / "gazetteer_bare_names.txt").read_text(encoding="utf-8").split("\n")[:-1]
    found = gazetteer.load().locate_many([*map(Query, names)])
    unsure = [answer is not None and answer.confidence < 0.75 and answer.reason != "" for answer in found]

    assert sum(unsure) >= 0.875 * len(names), [name for name, good in zip(names, unsure, strict=True) if not good]
    assert all(answer is None or answer.confidence <= 0.8 for answer in found)


@pytest.mark.parametrize(
    "text",
    [
        *("Sofia Lindqvist", "Antonella Santos", "Jennifer Bradford", "Alice Pereira", "Erik Ahmadi", "Gary Austin"),
        *("Isabelly Albuquerque", "Élisabeth de la Tour", "Maria Ahmad", "Jean Delmas", "Victoria Paris"),
        *("Nelson, Miller and Cook", "Davis, Flynn and White", "Lee, Morris and Evans", "Garcia-Lopez Ltd"),
        *("Cual esos van.", "Dabei was Stadt oder Hand fröhlich schlafen.", "Numero estate sala ah celebrare."),
    ],
)
def test_people_firms_and_sentences_are_no_sure_places(text: str) -> None:
    (answer,) = gazetteer.load().locate_many([Query(text)])

    assert answer is None or answer.confidence <= 0.5


@pytest.mark.parametrize(
    ("form", "country"),
    [
        ("12 Main St, {}, OH", "United States"),
        ("12 Main St, {}, DE 39958", "United States"),
        ("{}, TX 77001", "United States"),
        ("Hauptstr. 3, {}, Deutschland", "Germany"),
        ("4 High St, {}, England", "United Kingdom"),
        ("5 rue Pasteur, {}, France", "France"),
        ("8 George St, {} NSW", "Australia"),
        ("Via Roma 2, {} (MI)", "Italy"),
    ],
)
def test_a_town_that_is_not_known_is_never_a_namesake_abroad(form: str, country: str) -> None:
    towns = [
        first + last
        for first in ("Qwertz", "Xanad", "Brimbl", "Foozl", "Glarv", "Wexmo", "Drunkel", "Snorb")
        for last in ("ville", "ton", "burg", "heim", "stadt", "town", "field", "dorf", "by")
    ]
    found = gazetteer.load().locate_many([Query(form.format(town)) for town in towns])

    assert {answer.formatted.split(", ")[-1] for answer in found if answer} == {country}
    assert max(answer.confidence for answer in found if answer) <= 0.65


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("28810 Los Cedrus, Spain", "Spain"),  # 28810 is Los Cedros in Mexico
        ("20202 Kandi, Ukraine", "Ukraine"),  # and Kandy in Sri Lanka
        ("Rue Haute 4, 1204 Greve, Suisse", "Switzerland"),
        ("3615 Westbrook, Netherlands", "Netherlands"),
        ("117545 Zarja, Romania", "Romania"),
    ],
)
def test_a_postcode_abroad_does_not_outweigh_the_country_that_is_named(text: str, country: str) -> None:
    (answer,) = gazetteer.load().locate_many([Query(text)])

    assert answer is not None
    assert answer.formatted.endswith(country)


@pytest.mark.parametrize(
    ("city", "state", "formatted"),
    [
        ("Arnham", "Arizona", "Arizona, United States"),
        ("Tower", "Bavaria", "Bavaria, Germany"),
        ("Hola", "Kherson", "Kherson, Ukraine"),
    ],
)
def test_a_town_in_a_column_of_towns_is_no_namesake_outside_of_its_state(city: str, state: str, formatted: str) -> None:
    (answer,) = gazetteer.load().locate_many([Query(street="Elm St 9", city=city, state=state)])

    assert answer is not None
    assert (answer.formatted, answer.match) == (formatted, "region")


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        ("Florida", "Florida, United States"),
        ("Main Street, Florida", "Florida, United States"),
        ("Kissimmaa Grove, Florida", "Florida, United States"),
        ("Geelongg Heights, Victoria", "Victoria, Australia"),
    ],
)
def test_a_big_region_is_meant_before_a_town_in_a_small_one_of_that_name(text: str, formatted: str) -> None:
    """The town of Florida is in the department of Florida, in Uruguay; Hong Kong was once called Victoria."""
    (answer,) = gazetteer.load().locate_many([Query(text)])

    assert answer is not None
    assert (answer.formatted, answer.match) == (formatted, "region")


@pytest.mark.parametrize(
    "text",
    [
        "Caimancillo, Jujuy",
        "Caimancillo, Jujuy, Argentina",
        "Calle Mayor 5, Santa Ana Xalmi, Puebla, Mexico",
        "Calle Mayor 5 Xalmimil Puebla Mexico",
        "Springfield, Puebla, Mexico",
        "Santa Catnueva Park, San Luis Potosí, Mexico",
        "Lake Stevenage, Washington",
    ],
)
def test_where_a_town_that_is_not_known_stands_before_its_region_the_capital_of_that_name_is_not_sure(
    text: str,
) -> None:
    (answer,) = gazetteer.load().locate_many([Query(text)])

    assert answer is not None
    assert answer.confidence < 0.5


@pytest.mark.parametrize(
    "text",
    [
        "Grünerløkka, Oslo",
        "Westlands, Nairobi",
        "Marina Beach, Chennai, Tamil Nadu",
        "Kenyatta Avenue, Nairobi, Kenya",
        "Tren a las Nubes, Ameghino 660, Salta, Argentina",
    ],
)
def test_a_quarter_a_street_or_a_building_before_it_makes_a_city_no_less_sure(text: str) -> None:
    """The people of these regions live in the city, or what stands there is no name of a town."""
    (answer,) = gazetteer.load().locate_many([Query(text)])

    assert answer is not None
    assert answer.match == "city"
    assert answer.confidence > 0.65


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        ("Via Garibaldi 169 Nanaymoor British Columbia Canada", "British Columbia, Canada"),
        ("Xrensbu, Schleswig-Holstein", "Schleswig-Holstein, Germany"),
        ("Castro Victoria, Misiones", "Misiones, Argentina"),
        ("Buxhausen, Schleswig-Holstein, Germany", "Schleswig-Holstein, Germany"),
        ("Fort Willview, Florida, United States", "Florida, United States"),  # nor in that of a territory
        ("Saint Ezar lès Bois, Normandy, France", "Normandy, France"),
    ],
)
def test_a_town_that_is_not_known_is_in_the_region_that_stands_behind_it(text: str, formatted: str) -> None:
    """Not in a town whose name is a piece of the region's, nor beside a village of its name, nor in an earlier one."""
    (answer,) = gazetteer.load().locate_many([Query(text)])

    assert answer is not None
    assert (answer.formatted, answer.match) == (formatted, "region")


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("12 Main Street, Xqrwolz, Guatemala", "Guatemala"),
        ("Xqrwolz, Belize", "Belize"),
        ("Xqrwolz, Бразилия", "Brazil"),  # in Russian, Brasília has the same name
        ("Бразилия", "Brazil"),
        ("Xqrwolz, Congo - Kinshasa", "Congo - Kinshasa"),
        ("XQRWOLZ, CONGO - BRAZZAVILLE", "Congo - Brazzaville"),
    ],
)
def test_a_town_that_is_not_known_is_in_its_country_not_in_the_capital_of_that_name(text: str, country: str) -> None:
    (answer,) = gazetteer.load().locate_many([Query(text)])

    assert answer is not None
    assert (answer.formatted, answer.match) == (country, "country")


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        ("Calle 50, Panamá", "Panama City, Panama"),
        ("Lubumbashi, Congo - Kinshasa", "Lubumbashi, Congo - Kinshasa"),
        ("Pointe-Noire, Congo - Brazzaville", "Pointe-Noire, Congo - Brazzaville"),
    ],
)
def test_but_a_street_in_a_country_is_in_the_capital_of_its_name(text: str, formatted: str) -> None:
    (answer,) = gazetteer.load().locate_many([Query(text)])

    assert answer is not None
    assert (answer.formatted, answer.match) == (formatted, "city")
    assert answer.confidence > 0.5


def test_it_says_why_it_is_not_sure_of_a_capital_and_of_a_piece_of_a_name() -> None:
    capital, piece = gazetteer.load().locate_many(
        [Query("Caimancillo, Jujuy, Argentina"), Query("12 Oak St, Novy Cieszyn, Poland")]
    )

    assert capital and piece
    assert capital.reason == "the region Jujuy, Argentina may be meant"
    assert piece.reason == "it is a piece of a longer name"


def test_a_region_of_which_there_are_several_names_its_rival() -> None:
    central, punjab, texas = gazetteer.load().locate_many(
        [*map(Query, ("Kasoaville, Central", "Bhagatwalapur, Punjab", "Qwertzville, Texas"))]
    )

    assert central and punjab and texas
    assert "is possible" in central.reason
    assert central.confidence < 0.3
    assert punjab.reason == "Punjab, India is possible, too"
    assert texas.reason == ""


def test_what_is_abroad_of_a_table_of_one_country_is_not_sure() -> None:
    (answer,) = gazetteer.load().locate_many([Query("12 Station Road, Chattanooga")], context="DE")

    assert answer is not None
    assert answer.formatted.endswith("United States")
    assert answer.confidence < 0.5


@pytest.mark.parametrize(
    "text",
    ["12 Oak St, Novy Cieszyn, Poland", "7 Elm Road, Upper Frome Vale, England", "Via Roma 2, Lecco Nuova, Italia"],
)
def test_a_piece_of_a_name_that_is_not_known_is_not_sure(text: str) -> None:
    (answer,) = gazetteer.load().locate_many([Query(text)])

    assert answer is None or answer.confidence < 0.5


@pytest.mark.parametrize("text", ["Köln-Lindenthal, Dürener Str. 140", "N. Las Vegas, NV", "Cd. Juárez, Chih., Méx."])
def test_a_quarter_of_a_city_and_short_words_are_no_piece_of_a_name(text: str) -> None:
    (answer,) = gazetteer.load().locate_many([Query(text)])

    assert answer is not None
    assert answer.confidence > 0.65


@pytest.mark.parametrize(
    ("text", "formatted"),
    [("80331 Müchen, Deutschland", "80331 Munich, Germany"), ("20095 Hambrug", "20095 Hamburg, Germany")],
)
def test_a_postcode_tells_a_misspelt_city_from_a_village_of_that_name(text: str, formatted: str) -> None:
    (answer,) = gazetteer.load().locate_many([Query(text)])

    assert answer is not None
    assert (answer.formatted, answer.match) == (formatted, "postcode")


@pytest.mark.parametrize("text", ["1055 Rue Sainte-Catherine O", "P.O. Box 30197-00100"])
def test_a_number_that_is_a_postcode_somewhere_makes_no_town_of_a_street_word(text: str) -> None:
    assert gazetteer.load().locate_many([Query(text)]) == [None]


@pytest.mark.parametrize(
    "text", ["1 Brook End, Keysoe", "22 Long End", "5 Sandy Hind", "Bag End, Shire", "Park End, Gloucestershire"]
)
def test_a_word_that_is_a_country_somewhere_makes_no_country_of_a_street(text: str) -> None:
    assert gazetteer.load().locate_many([Query(text)]) == [None]


def test_the_code_of_the_emirates_is_no_name_of_egypt() -> None:
    (answer,) = gazetteer.load().locate_many([Query("Dubai, ARE")])

    assert answer is not None
    assert answer.formatted == "Dubai, United Arab Emirates"


def test_a_village_whose_postcode_is_somewhere_else_is_not_sure() -> None:
    (answer,) = gazetteer.load().locate_many([Query("80331 Mutzschen, Deutschland")])

    assert answer is not None
    assert answer.confidence <= 0.5
    assert answer.reason == "the postcode 80331 is somewhere else"


def test_a_city_whose_postcode_is_far_off_is_not_sure() -> None:
    """It may be a namesake that is not known: 1204 is in Geneva."""
    far, off = gazetteer.load().locate_many(
        [Query("Kramgasse 4, 1204 Bern, Schweiz"), Query("Cumhuriyet Cd. 7, 55030 Samsun, Türkiye")]
    )

    assert far and off
    assert (far.formatted, far.reason) == ("Bern, Switzerland", "the postcode 1204 is somewhere else")
    assert far.confidence < 0.5 < off.confidence < 0.85


def test_a_town_whose_postcode_is_of_another_one_around_is_less_sure() -> None:
    around, near = gazetteer.load().locate_many([Query("MG Road, Bangalore 560001"), Query("Tal 1, 80331 München")])

    assert around and near
    assert around.confidence < 0.85 < near.confidence


@pytest.mark.parametrize("text", ["上海市浦东新区世纪大道1号", "台北市信義區市府路45號", "г. Казань, ул. Баумана, 15"])
def test_the_name_that_a_city_has_at_home_counts_as_its_first(text: str) -> None:
    (answer,) = gazetteer.load().locate_many([Query(text)])

    assert answer is not None
    assert 0.5 <= answer.confidence <= 0.83


@pytest.mark.parametrize("country", ["India", "China", "Chile", "Rusia", "Indien", "Perú", "Japan"])
@pytest.mark.parametrize("postcode", ["110001", "100000", "751037", "82811", "612075"])
def test_a_country_s_name_with_a_postcode_is_no_namesake_abroad(country, postcode):
    alone, with_postcode = gazetteer.load().locate_many([Query(country), Query(f"{postcode} {country}")])

    assert alone and with_postcode
    assert with_postcode.formatted.endswith(alone.formatted)


@pytest.mark.parametrize(("kind", "least"), [("towns", 0.975), ("villages", 0.96)])
@pytest.mark.parametrize("with_region", [False, True], ids=["country", "region and country"])
def test_sure_of_a_name_means_that_there_is_no_rival_in_its_country(kind, least, with_region):
    """Of all places of the file, each as likely as any other: one is asked for as often as its bigger namesakes."""
    atlas = Atlas()
    among = range(atlas.places) if kind == "towns" else range(atlas.places, atlas.villages)
    asked = [place for place in random.Random(7).sample(among, 2_000) if atlas.region[place] != 0xFFFF]
    names = [
        ", ".join(
            atlas.label(entity)
            for entity in (
                place,
                *([atlas.districts + atlas.region[place]] if with_region else []),
                atlas.regions + atlas.country[place],
            )
        )
        for place in asked
    ]
    found = gazetteer.load().locate_many([Query(name) for name in names])
    sure = [
        kilometres(atlas.lat[place] / 1e4, atlas.lon[place] / 1e4, answer.lat, answer.lon) <= 25
        for place, answer in zip(asked, found, strict=True)
        if answer and answer.confidence >= 0.85
    ]

    assert len(sure) > 0.6 * len(asked)
    assert sum(sure) >= least * len(sure)


def test_a_typing_error_in_the_name_of_a_small_town_is_put_right_where_region_and_country_are_said() -> None:
    """Two letters of the name are swapped."""
    atlas = Atlas()
    small = [place for place in range(atlas.places) if 90 <= atlas.weight[place] <= 120 and len(atlas.label(place)) > 7]
    asked, places = [], []
    for place in random.Random(3).sample(small, 500):
        name = atlas.label(place)
        if name.isascii() and name.isalpha() and name[4] != name[5]:
            written = name[:4] + name[5] + name[4] + name[6:]
            asked.append(f"{written}, {atlas.label(atlas.regions + atlas.country[place])}")
            places.append(place)
    found = gazetteer.load().locate_many([*map(Query, asked)])
    right = [
        kilometres(atlas.lat[place] / 1e4, atlas.lon[place] / 1e4, answer.lat, answer.lon) <= 25
        for place, answer in zip(places, found, strict=True)
        if answer and answer.match in ("city", "postcode")
    ]

    assert sum(right) >= 0.75 * len(asked)
    assert sum(right) >= 0.85 * len(right)
    assert max(answer.confidence for answer in found if answer) <= 0.84


@pytest.mark.parametrize(
    ("slip", "other", "least", "most"),
    [
        # Two letters swapped or one left out; another letter, two of them, another first letter.
        ("Hambrug, Germany", "Hemburg, Germany", 0.8, 0.7),
        ("Hambrug, Germany", "Homburk, Germany", 0.8, 0.7),
        ("Sevlle, Spain", "Xeville, Spain", 0.8, 0.55),
        ("Edinbrugh", "Erinburgh", 0.55, 0.49),
    ],
)
def test_a_slip_of_the_fingers_is_surer_than_another_letter(slip: str, other: str, least: float, most: float) -> None:
    slipped, changed = gazetteer.load().locate_many([Query(slip), Query(other)])

    assert slipped is not None
    assert slipped.confidence >= least
    assert changed is None or changed.confidence <= most


def test_it_is_not_put_right_where_nothing_agrees() -> None:
    (alone, with_region) = gazetteer.load().locate_many([Query("Churchhill"), Query("Churchhill, Manitoba")])

    assert alone is None or alone.formatted != "Churchill, Manitoba, Canada"
    assert with_region and with_region.formatted == "Churchill, Manitoba, Canada"
    assert with_region.confidence <= 0.65


@pytest.mark.parametrize("firm", ["Fritsch", "Müller Maschinenbau", "Danske Maskiner", "Röhrdanz Junck"])
@pytest.mark.parametrize("form", ["AG", "AS", "SE", "AB", "KG", "GmbH", "A/S", "Oyj", "S.p.A.", "Ltd", "NV", "PT"])
def test_a_firm_is_not_where_its_legal_form_is_a_code(firm: str, form: str) -> None:
    (answer,) = gazetteer.load().locate_many([Query(f"{firm} {form}")])

    assert answer is None or (answer.match == "region" and answer.confidence < 0.1)


@pytest.mark.parametrize("name", ["Gérard Maurice", "Tom Holland", "Anatole France", "film/video"])
def test_persons_and_things_that_bear_a_country_or_nearly_a_town_stay_at_half(name: str) -> None:
    (answer,) = gazetteer.load().locate_many([Query(name)])

    assert answer is None or answer.confidence <= 0.5


@pytest.mark.parametrize(
    ("piece", "whole"),
    [
        ("Calle Mayor 35, 85099 Moosbrunn bei München, Germany", "Calle Mayor 35, 80331 München, Germany"),
        ("5 Elm St, Sheboygan Village, United States", "5 Elm St, Dodge City, United States"),
        ("5 Elm St, Chickasha City, United States", "5 Elm St, Cebu City, Philippines"),
    ],
)
def test_a_city_after_a_code_and_a_village_are_pieces_of_a_name_as_well(piece: str, whole: str) -> None:
    unsure, sure = gazetteer.load().locate_many([Query(piece), Query(whole)])

    assert sure is not None
    assert sure.confidence >= 0.85
    assert unsure is None or unsure.confidence < 0.5
