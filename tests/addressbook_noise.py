"""Made-up books of houses, and questions to them as people type them; the truth is known."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import NamedTuple

from geopandas_batch.places import Query


class House(NamedTuple):
    number: str
    street: str
    city: str
    postcode: str
    lat: float
    lon: float


class Question(NamedTuple):
    query: Query
    house: House | None  # what is meant, if it is there
    kind: str  # "house", "number" (not there), "street" (not there)


SYLLABLES = [
    "ba", "be", "bo", "da", "den", "dor", "el", "fer", "gan", "gar", "hal", "har", "is", "ka", "ker", "lan", "len",
    "lo", "mar", "mel",
    "mon", "nor", "o", "per", "ra", "ril", "ros", "sa", "sen", "son", "ta", "tor", "ul", "van", "ver",
    "wal", "wes", "win", "yor", "zel",
]  # fmt: skip
KINDS = {
    "FR": ["Rue {}", "Avenue {}", "Boulevard {}", "Rue de {}", "Place de la {}", "Chemin des {}", "Impasse {}"],
    "US": ["{} Street", "{} Avenue", "{} Road", "{} Drive", "{} Lane", "N {} Street", "{} Court"],
    "DE": ["{}straße", "{}weg", "{}platz", "{}gasse", "Am {}", "{}er Straße"],
}
SHORT = {
    "Rue": "R.", "Avenue": "Av.", "Boulevard": "Bd", "Place": "Pl.", "Chemin": "Ch.", "Impasse": "Imp.",
    "Street": "St", "Road": "Rd.", "Drive": "Dr", "Lane": "Ln", "Court": "Ct", "straße": "str.", "Straße": "Str.",
}  # fmt: skip


def name(rng: random.Random, least: int = 2, most: int = 4) -> str:
    return "".join(rng.choices(SYLLABLES, k=rng.randint(least, most))).capitalize()


def book(count: int, seed: int = 1) -> list[House]:
    """Houses of three countries: towns of 10 to 300 streets with one to eight postcodes, streets of 3 to 60 numbers."""
    rng = random.Random(seed)
    houses: list[House] = []
    towns: set[str] = set()
    while len(houses) < count:
        country = rng.choice(list(KINDS))
        town = name(rng)
        if town in towns:
            continue
        towns.add(town)
        lat, lon = rng.uniform(-60, 70), rng.uniform(-180, 180)
        streets = min(10 + int(rng.expovariate(1 / 60)), 300)
        codes = [f"{rng.randrange(1000, 99999):05}" for _ in range(1 + streets // 40)]
        for _ in range(streets):
            street = rng.choice(KINDS[country]).format(name(rng, 2, 3))
            code, north, east = rng.choice(codes), rng.uniform(-0.01, 0.01), rng.uniform(-0.01, 0.01)
            for number in range(1, rng.randint(3, 60)):
                if rng.random() < 0.85:
                    text = f"{number}" + ("a" if rng.random() < 0.03 else "")
                    at = round(lat + north + number * 2e-4, 6), round(lon + east, 6)
                    houses.append(House(text, street, town, code, *at))
    return houses[:count]


def write(houses: list[House], file: Path) -> Path:
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(House._fields)
        writer.writerows(houses)
    return file


def typo(rng: random.Random, word: str) -> str:
    """One letter left out, doubled, swapped with the next, or another one."""
    places = [at for at in range(1, len(word) - 1) if word[at].isalpha() and word[at + 1].isalpha()]
    if not places:
        return word
    at = rng.choice(places)
    kind = rng.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at] + word[at:]
    if kind == 2:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + rng.choice("abcdefghijklmnopqrstuvwxyz") + word[at + 1 :]


def questions(houses: list[House], count: int, seed: int = 2, *, lines: bool = True) -> list[Question]:
    """As people type: typing errors in 25 % of streets and 12 % of towns, short forms, capitals, no postcode in 15 %.

    10 % ask for a number that is not there, 3 % for a street that is not there.
    """
    rng = random.Random(seed)
    there = {house[:4] for house in houses}
    asked = []
    for _ in range(count):
        house = rng.choice(houses)
        number, street, city, postcode = house[:4]
        kind = rng.choices(["house", "number", "street"], [87, 10, 3])[0]
        if kind == "number":
            number = str(rng.randint(1, 90))
            while (number, street, city, postcode) in there:
                number = str(int(number) + rng.randint(1, 40))
        if kind == "street":
            street = rng.choice(list(KINDS.values())[rng.randrange(3)]).format(name(rng, 4, 5))
        if rng.random() < 0.4:
            for word, short in SHORT.items():
                if street.startswith(word + " ") or street.endswith(word):
                    street = street.replace(word, short)
                    break
        if kind != "street" and rng.random() < 0.25:
            street = typo(rng, street)
        if rng.random() < 0.12:
            city = typo(rng, city)
        if rng.random() < 0.15:
            postcode = ""
        if not lines:
            parts = {"housenumber": number, "street": street, "city": city, "postcode": postcode}
            if rng.random() < 0.15:
                parts = {name: value.upper() for name, value in parts.items()}
            query = Query(**parts)
        else:
            query = Query(line(rng, number, street, city, postcode))
        asked.append(Question(query, house if kind != "street" else None, kind))
    return asked


def line(rng: random.Random, number: str, street: str, city: str, postcode: str) -> str:
    first = f"{street} {number}" if rng.random() < 0.3 else f"{number} {street}"
    second = f"{city} {postcode}" if rng.random() < 0.4 else f"{postcode} {city}"
    order = [first, second.strip()]
    if rng.random() < 0.1:
        order.reverse()
    text = (", " if rng.random() < 0.8 else " ").join(order)
    return text.upper() if rng.random() < 0.15 else text.lower() if rng.random() < 0.1 else text
