"""Towns that the embedded gazetteer does not know: it is asked for some that were taken out of its data, and for
names that were made up."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import marisa_trie
import numpy as np
import pandas as pd
from gazetteer_quality import NEAR, kilometres

from geopandas_batch.gazetteer.atlas import DATA, UNCOUNTED, Atlas
from geopandas_batch.gazetteer.atlas.spelling import key
from geopandas_batch.gazetteer.geocoder import Gazetteer
from geopandas_batch.gazetteer.reading.aliases import TERRITORIES
from geopandas_batch.places import Location, Query

BANDS = (0.0, 0.3, 0.5, 0.6, 0.7, 0.85)
_STREETS = ("{} Station Road", "Goethestraße {}", "{} rue Victor Hugo", "Via Garibaldi {}", "Calle Mayor {}")
_NOWHERE, _NONE = 0xFFFFFFFF, 0xFFFF


class Asked(NamedTuple):
    """An address, the place that is not known, or -1 with the region and country in which it is said to be."""

    form: str
    query: Query
    place: int
    region: str
    country: str
    context: str = ""


def draw(atlas: Atlas, count: int, kind: str, seed: int = 11) -> list[int]:
    """Places to hide: towns by their people to the power of 0.7, or villages, one as likely as the other.

    "only": towns whose name nothing else has; "shared": with a namesake that is not beside them; "village": any.
    """
    rng = random.Random(seed)
    if kind == "village":
        drawn = rng.sample(range(atlas.places, atlas.villages), 20 * count)
    else:
        weights = [10 ** (0.7 * weight / 30) for weight in atlas.weight[: atlas.places]]
        drawn = rng.choices(range(atlas.places), weights, k=20 * count)
    chosen: dict[str, int] = {}
    for place in dict.fromkeys(drawn):
        name = key(atlas.label(place))
        if name not in atlas.names or atlas.region[place] == _NONE or name in chosen:
            continue
        others = {entry >> 1 for entry in _entries(atlas, atlas.names[name])} - {place}
        apart = any(other < atlas.villages and _km(atlas, place, other) > NEAR for other in others)
        if kind == "village" or (apart if kind == "shared" else not others):
            chosen[name] = place
        if len(chosen) == count:
            break
    return [*chosen.values()]


def _entries(atlas: Atlas, number: int) -> Sequence[int]:
    return atlas.name_entity[atlas.name_start[number] : atlas.name_start[number + 1]]


def _km(atlas: Atlas, one: int, other: int) -> float:
    return float(
        kilometres(*(each / 1e4 for each in (atlas.lat[one], atlas.lon[one], atlas.lat[other], atlas.lon[other])))
    )


def hide(places: Sequence[int], folder: Path) -> Atlas:
    """An atlas without these places: no name means one, no postcode belongs to one, none is guessed at."""
    whole, hidden = Atlas(), frozenset(places)
    kept = {}
    for name, number in whole.names.items():
        if left := [entry for entry in _entries(whole, number) if entry >> 1 not in hidden]:
            kept[name] = left
    names = marisa_trie.Trie(kept)
    groups = [kept[names.restore_key(number)] for number in range(len(names))]
    weight, of_code = np.load(DATA / "weight.npy"), np.load(DATA / "code_place.npy")
    weight[[*hidden]] = UNCOUNTED
    of_code[np.isin(of_code, [*hidden])] = _NOWHERE
    tries = {
        "names": names,
        "typos": marisa_trie.Trie([each for each in whole.typos.iterkeys() if _restore(each) in kept]),
    }
    columns = {
        "name_count": np.array([len(group) for group in groups], "<u2"),
        "name_entity": np.array([entry for group in groups for entry in group], "<u4"),
        "weight": weight,
        "code_place": of_code,
    }
    for name, trie in tries.items():
        trie.save(str(folder / f"{name}.marisa"))
    for name, values in columns.items():
        np.save(folder / f"{name}.npy", values)
    for file in DATA.iterdir():
        if file.is_file() and not (folder / file.name).exists():
            (folder / file.name).symlink_to(file)
    return Atlas(folder)


def _restore(omission: str) -> str:
    shorter, place, letter = omission[:-4], int(omission[-3:-1]), omission[-1]
    return shorter[:place] + letter + shorter[place:]


def ask_for_hidden(atlas: Atlas, places: Sequence[int]) -> Iterator[Asked]:
    """Addresses of places in the forms that tables have."""
    native, countries = _find_native(atlas), _find_countries(atlas)
    codes, unknown = _find_codes(atlas), _find_unknown_codes(atlas)
    rng = random.Random(7)
    states = {rows[0]: code.upper() for code, rows in atlas.short.items() if len(code) == 2}
    for at, place in enumerate(places):
        town, number = atlas.label(place), atlas.country[place]
        iso, country = atlas.countries[number], atlas.label(atlas.regions + number)
        region = atlas.label(atlas.districts + atlas.region[place])
        district = "" if atlas.district[place] == _NONE else atlas.label(atlas.villages + atlas.district[place])
        street = _STREETS[at % 5].format(at % 300 + 1)
        code, no_code = codes.get(place, ""), unknown.get(number, "")
        state = states.get(atlas.districts + atlas.region[place], "") if iso == "US" else ""
        own = native.get(place, "")
        called = sorted(countries[number])
        at_home = [name for name in called if own and _script(name) == _script(own)]
        texts = {
            "street, town, country": f"{street}, {town}, {country}",
            "street, town, region, country": f"{street}, {town}, {region}, {country}",
            "street, town, district, country": district and f"{street}, {town}, {district}, {country}",
            "town, region": f"{town}, {region}",
            "TOWN, COUNTRY": f"{town}, {country}".upper(),
            "town, country in another language": f"{town}, {rng.choice(called)}",
            "native town, country": at_home and f"{own}, {rng.choice(at_home)}",
            "street town region country": f"{street} {town} {region} {country}",
            "town, ISO code": f"{town}, {iso}",
            "postcode town": code and f"{code} {town}",
            "street, postcode town, country": code and f"{street}, {code} {town}, {country}",
            "unknown postcode, town": no_code and f"{no_code} {town}",
            "street, unknown postcode, town, country": no_code and f"{street}, {no_code} {town}, {country}",
            "town, ST ZIP": state and code and f"{town}, {state} {code}",
            "town, ST": state and f"{town}, {state}",
            "town": town,
            "street, town": f"{street}, {town}",
        }
        for form, text in texts.items():
            if text:
                yield Asked(form, Query(text), place, region, country)
        yield Asked("columns of town, country", Query(city=town, country=country), place, region, country)
        yield Asked(
            "columns of street, town, state", Query(street=street, city=town, state=region), place, region, country
        )
        yield Asked("street, town, in a table", Query(f"{street}, {town}"), place, region, country, iso)


def _find_native(atlas: Atlas) -> dict[int, str]:
    """Names in other letters than Latin ones, by place."""
    found: dict[int, str] = {}
    for name, number in atlas.names.items():
        if name[0] > "\u036f":
            for entry in _entries(atlas, number):
                found.setdefault(entry >> 1, name.strip())
    return found


def _find_countries(atlas: Atlas) -> dict[int, list[str]]:
    """The names of each country in all languages."""
    found: dict[int, list[str]] = {}
    for name, number in atlas.names.items():
        for entry in _entries(atlas, number):
            if entry >> 1 >= atlas.regions and len(name) > 4:
                found.setdefault((entry >> 1) - atlas.regions, []).append(name.strip())
    return found


def _script(name: str) -> str:
    return unicodedata.name(name[0], "").split(" ")[0]


def _find_codes(atlas: Atlas) -> dict[int, str]:
    """A postcode of each place that has one."""
    found: dict[int, str] = {}
    for code, number in atlas.codes.items():
        for row in range(atlas.code_start[number], atlas.code_start[number + 1]):
            if code.isalnum() and atlas.code_place[row] != _NOWHERE:
                found.setdefault(atlas.code_place[row], code.upper())
    return found


def _find_unknown_codes(atlas: Atlas) -> dict[int, str]:
    """By country, a number that has the length of its postcodes and is none anywhere."""
    lengths: dict[int, list[int]] = {}
    for code, number in atlas.codes.items():
        for row in range(atlas.code_start[number], atlas.code_start[number + 1]):
            if code.isdigit():
                lengths.setdefault(atlas.code_country[row], []).append(len(code))
    rng, known, found = random.Random(3), set(atlas.codes), {}
    for country, seen in lengths.items():
        length = max({*seen}, key=seen.count)
        for _ in range(1_000):
            code = str(rng.randrange(10 ** (length - 1), 10**length))
            if code not in known and f"{code[:3]}*" not in known:
                found[country] = code
                break
    return found


# Syllables of names, and what farms, estates and new quarters are called.
_PIECES = {
    "DE": ("Krum Wende Hessel Bux Qual Drei Möns Grieb", "hausen dorf ingen rode bach heim stetten", "Hof Gut"),
    "FR": (
        "Saint-Ezar- Mont- Ville- La-Roche- Beau- Vieux-",
        "sur-Marne le-Grand lès-Bois en-Brie la-Tour",
        "Domaine Mas",
    ),
    "GB": ("Wix Thorn Lower-Ash Great-Hul Brad Nether-Stow", "combe ley thorpe minster wick hurst", "Farm Manor"),
    "US": ("Cedar Willow Stone Eagle New-Har Fort-Will", "brook view mont crest ville dale", "Ranch Estates"),
    "ES": ("Villa Torre Valde Fuente Casas-de- San-Ildo", "nueva molinos roble quemada hermosa", "Finca Cortijo"),
    "IT": ("Monte Castel Rocca San-Pell Borgo Pieve", "grino verdo chiara fosco lungo", "Tenuta Masseria"),
    "PL": ("Nowa-Wól Stary- Wielko Biało Kraś Dąb", "kowice borze szyn ogóra niki", "Dwór Osada"),
    "BR": ("Nova- Santa-Rit Campo Ribeirão-do- Vila-", "Aurora ópolis Alegrete lândia Formosa", "Fazenda Sítio"),
    "MX": ("San-Mig Santa-Cat Rancho- El-Pot Tla", "uelito arinas Nuevo quepac tepec", "Hacienda Ejido"),
    "IN": ("Ram Krish Bha Gopal Shiv Nara", "napalli pura garhi wadi kheri", "Estate Nagar"),
    "ZA": ("Klip Vaal Groot Rooi Wit", "kraal bosch vlei berg spruit", "Plaas Farm"),
    "TR": ("Yeni Kara Ak Büyük Küçük", "bayır söğüt hisarlı dereköy", "Çiftlik Site"),
    "ID": ("Suka Marga Karang Tanjung-", "wangi reja mulia sari-baru", "Perumahan Kebun"),
    "NG": ("Oke- Igbo Umu Ado-", "runde jaka kwuna titun", "Estate Layout"),
}


def make_up(atlas: Atlas, count: int, seed: int = 3) -> Iterator[Asked]:
    """Villages, farms and quarters that do not exist, in regions that do; `count` of each kind in each country."""
    rng = random.Random(seed)
    for iso, (first, last, farms) in _PIECES.items():
        number = atlas.countries.index(iso)
        country = atlas.label(atlas.regions + number)
        there = [place for place in range(atlas.places)[atlas.places_in(number)] if atlas.region[place] != _NONE]
        for at in range(count):
            region = atlas.label(atlas.districts + atlas.region[rng.choice(there)])
            begin, end = rng.choice(first.split()), rng.choice(last.split())
            name = (begin + (end if begin.endswith("-") else end.lower())).replace("-", " ")
            farm = f"{rng.choice(farms.split())} {atlas.label(rng.choice(there))}"
            quarter = f"{name} {rng.choice(('Heights', 'Gardens', 'Nord', 'Extension', 'Park'))}"
            street = _STREETS[at % 5].format(at % 300 + 1)
            for kind, town in (("village", name), ("farm by the name of a town", farm), ("quarter", quarter)):
                if key(town) in atlas.names:
                    continue
                yield Asked(f"{kind}, region, country", Query(f"{town}, {region}, {country}"), -1, region, country)
                yield Asked(f"street, {kind}, country", Query(f"{street}, {town}, {country}"), -1, region, country)
                yield Asked(f"{kind}, region", Query(f"{town}, {region}"), -1, region, country)


def judge(whole: Atlas, asked: Asked, answer: Location | None, related: set[tuple[str, str]]) -> str:
    """What it became."""
    if answer is None:
        return "nothing"
    of = answer.formatted.split(", ")
    if answer.match == "postcode" and len(of) == 1:  # "385505 India"
        of = of[0].split(" ", 1)
    if answer.match == "country" and of[-1] == asked.country:
        return "its country"
    if answer.match == "region" and asked.region in of and of[-1] in (asked.country, asked.region):
        return "its region"
    if asked.place >= 0:
        lat, lon = whole.lat[asked.place] / 1e4, whole.lon[asked.place] / 1e4
        if float(kilometres(lat, lon, answer.lat, answer.lon)) <= NEAR:
            return "within 25 km"
    if of[-1] != asked.country and (of[-1], asked.country) not in related:
        return "abroad"
    return "another town" if answer.match in ("city", "postcode") else "another area"


def _relate(atlas: Atlas) -> set[tuple[str, str]]:
    """Countries and their territories, and the other way round."""
    labels = {iso: atlas.label(atlas.regions + number) for number, iso in enumerate(atlas.countries)}
    pairs = [
        (labels[mother], labels[each]) for mother, inside in TERRITORIES.items() for each in inside if each in labels
    ]
    return {*pairs, *((territory, mother) for mother, territory in pairs)}


def run(gazetteer: Gazetteer, whole: Atlas, asked: Sequence[Asked]) -> pd.DataFrame:
    """What became of each address, with which confidence."""
    related = _relate(whole)
    contexts = dict.fromkeys(each.context for each in asked)
    answers: dict[int, Location | None] = {}
    for context in contexts:
        numbers = [number for number, each in enumerate(asked) if each.context == context]
        found = gazetteer.locate_many([asked[number].query for number in numbers], context=context)
        answers.update(zip(numbers, found, strict=True))
    rows = [
        (
            each.form,
            each.query.line,
            judge(whole, each, answer, related),
            answer and answer.formatted,
            answer and answer.confidence,
        )
        for number, each in enumerate(asked)
        for answer in [answers[number]]
    ]
    return pd.DataFrame(rows, columns=["form", "asked", "became", "answer", "confidence"])


def table(found: pd.DataFrame) -> pd.DataFrame:
    """By form, in per cent: what they became, and of other towns and of what is abroad, how many have a confidence."""
    rows: dict[Any, dict[str, Any]] = {}
    for form, group in [*found.groupby("form", sort=False), ("all", found)]:
        row = rows[form] = {"": len(group)}
        for kind in ("within 25 km", "its region", "its country", "nothing", "another area"):
            row[kind] = round(100 * (group["became"] == kind).mean(), 1)
        for kind in ("another town", "abroad"):
            confidence = group.loc[group["became"] == kind, "confidence"]
            for least in BANDS:
                name = f"{kind}, {least}" if least else kind
                row[name] = round(100 * (confidence >= least).sum() / len(group), 1)
    return pd.DataFrame(rows).T.astype({"": int})
