"""Made-up books of towns that share names, streets and postcodes, and questions with what people write beside them."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from addressbook_noise import House, Question, typo

from geopandas_batch.places import Query


class Country(NamedTuple):
    streets: list[str]
    towns: list[str]
    marks: list[str]  # behind a number
    short: dict[str, str]
    plain: Callable[[str], str]  # as a machine without accents writes
    before: list[str]  # in front of the street
    behind: list[str]
    line: str  # a number and its street


def _without_dots(text: str) -> str:
    for letter, letters in zip("äöüÄÖÜß", ("ae", "oe", "ue", "Ae", "Oe", "Ue", "ss"), strict=True):
        text = text.replace(letter, letters)
    return text


def _without_accents(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))


def _names(text: str) -> list[str]:
    return text.strip().replace("\n", "|").split("|")


_STREETS = """
Hauptstraße|Dorfstraße|Bahnhofstraße|Schulstraße|Gartenstraße|Kirchgasse|Kirchweg|Kirchstraße|Am Markt|Marktplatz
Lindenallee|Lindenweg|Lindenstraße|Birkenweg|Birkenstraße|Bergstraße|Burgstraße|Goethestraße|Feldweg|Feldstraße
Wiesenweg|Waldweg|Waldstraße|Mühlenweg|Mühlweg|Mühlstraße|Neue Straße|Alte Straße|Am Bach|Am Berg|Zum Sportplatz
Rosenweg|Rosenstraße|Friedrichstraße|Friedrich-Ebert-Straße|Straße des Friedens|Obere Hauptstraße|Untere Hauptstraße
Lange Straße|Hinter der Kirche|Am Alten Markt|Alter Markt|Weg 3|Straße 12|Hoher Weg|Höhenweg|Sankt-Martin-Weg
Prof.-Dr.-Koch-Straße|Dr.-Koch-Weg
"""
_TOWNS = """
Neustadt|Neustadt an der Weinstraße|Neustadt (Dosse)|Frankfurt am Main|Frankfurt (Oder)|Köln|Köln-Ehrenfeld
Mühlhausen|Mühlheim am Main|Mülheim an der Ruhr|Rothenburg|Rotenburg|Rottenburg am Neckar|Bad Homburg vor der Höhe
Homburg|Bernau|Bernau bei Berlin|Langenfeld|Langenfeld (Rheinland)|Langfeld|Hausen|Oberhausen|Neuhausen|Altenburg
Altenberg|Oldenburg|Oldenburg in Holstein|Weiden|Weidenbach|Lindau|Lindau (Bodensee)|Burg|Burgau|Kirchheim
Kirchheim unter Teck|Kirchham|Berg|Berga|St. Ingbert|Halle (Saale)|Halle (Westf.)|Essen|Bad Essen
"""
_VOIES = """
Rue de l'Église|Rue de la Mairie|Grande Rue|Place de l'Église|Rue du Moulin|Chemin du Moulin|Impasse du Moulin
Route de Lyon|Avenue de la République|Place de la République|Rue Victor Hugo|Avenue Victor Hugo|Rue Pasteur
Boulevard Pasteur|Rue du 8 Mai 1945|Place du 11 Novembre|Rue du 11 Novembre 1918|Rue des Écoles|Rue Jean Jaurès
Rue du Général de Gaulle|Place Charles de Gaulle|Rue Saint-Martin|Rue Sainte-Marie|Le Bourg|La Grande Borne
Lieu-dit Le Petit Bois|Cité des Fleurs|Résidence du Parc|Allée des Chênes|Allée des Tilleuls|Rue des Tilleuls
Rue du Château|Rue du Château d'Eau|Cours Lafayette|Rue de Paris|Route de Paris|Square Carnot|Rue Carnot|ZA Les Prés
Rue Basse|Rue Haute|Rue d'En Bas|Rue d'En Haut|Rue Neuve|Vieille Rue|Rue Vieille
"""
_COMMUNES = """
Lyon|Villeurbanne|Saint-Étienne|Saint-Just|Saint-Just-Malmont|Saint-Jean-de-Maurienne|Saint-Jean|Sainte-Foy-lès-Lyon
Bourg-en-Bresse|Bourg|Le Bourg-d'Oisans|La Tour|La Tour-du-Pin|L'Isle-d'Abeau|L'Isle-sur-la-Sorgue|Châteauneuf
Châteauneuf-du-Pape|Châteauneuf-sur-Loire|Montreuil|Montreuil-sous-Bois|Vitry|Vitry-sur-Seine|Vitry-le-François
Neuilly|Neuilly-sur-Seine|Neuilly-sur-Marne|Le Mans|Le Havre|Aix-en-Provence|Aix-les-Bains|Ambérieu-en-Bugey
Ambérieux-en-Dombes|Beaumont|Beaumont-sur-Oise|Villefranche|Nice|Orly|Villefranche-sur-Saône|Villefranche-sur-Mer
Marseille
"""
COUNTRIES = {
    "DE": Country(
        _names(_STREETS),
        _names(_TOWNS),
        ["a", "b", " c", "-81", "/2", " 1/2"],
        {"straße": "str.", "Straße": "Str."},
        _without_dots,
        ["Firma Müller GmbH", "Haus 7", "Postfach 12", "z.Hd. Frau Schmidt", "Tor 3", "Hotel 5 Sterne"],
        [", 3. OG", " Hinterhaus", ", Whg. 12", " (2. Etage)", ", c/o Müller 5", " 1. Stock links", ", Zi. 12", " EG"],
        "{1} {0}",
    ),
    "FR": Country(
        _names(_VOIES),
        _names(_COMMUNES),
        [" bis", " ter", "bis", "a"],
        {"Rue": "R.", "Avenue": "Av.", "Boulevard": "Bd", "Place": "Pl.", "Chemin": "Ch.", "Saint-": "St "},
        _without_accents,
        ["Mairie", "SARL Durand 24", "Hôtel des 3 Lys", "M. Jean Martin", "3e étage", "BP 12", "Résidence Les Lilas"],
        [", Bât. B", ", Appt 12", " Esc. 2", ", chez M. Dupont", ", étage 3", ", CS 70012"],
        "{0} {1}",
    ),
}  # fmt: skip


def book(country: Country, rng: random.Random) -> list[House]:
    """Towns of 15 to 45 streets; every third one has the postcodes of the one before."""
    houses: dict[tuple[str, ...], House] = {}
    codes: list[str] = []
    for at, town in enumerate(country.towns):
        if at % 3 != 1:
            codes = [f"{10_000 + at * 1731 + part}" for part in range(1 if at % 2 else 3)]
        lat, lon = 43 + at * 0.15, rng.uniform(2, 12)
        for street in rng.sample(country.streets, rng.randint(15, 45)):
            code, north, east = rng.choice(codes), rng.uniform(0, 0.04), rng.uniform(0, 0.04)
            for count in range(rng.randint(2, 30)):
                number = f"{rng.randint(1, 80)}" + rng.choice(
                    ["", "", "", "", *country.marks] if count % 3 == 0 else [""]
                )
                place = round(lat + north + count * 2e-4, 6), round(lon + east, 6)
                houses.setdefault((number.replace(" ", ""), street, town), House(number, street, town, code, *place))
    return list(houses.values())


def questions(houses: list[House], country: Country, count: int, rng: random.Random) -> list[Question]:
    """A third asks for what may not be there: another number, street, town, or postcode; what is meant is known."""
    there = {(house.number.replace(" ", ""), house.street, house.city): house for house in houses}
    asked = []
    for _ in range(count):
        number, street, town, code = rng.choice(houses)[:4]
        what = rng.choices(["house", "number", "range", "street", "town", "code"], [65, 10, 3, 8, 10, 4])[0]
        if what in ("number", "range"):
            number = f"{rng.randint(1, 120)}" if what == "number" else f"{number}-{rng.randint(2, 99)}"
        street = rng.choice(country.streets) if what == "street" else street
        if what == "town":
            town, code = rng.choice(country.towns), rng.choice([code, ""])
        code = rng.choice(houses).postcode if what == "code" else code
        meant = there.get((number.replace(" ", ""), street, town))
        if rng.random() < 0.4:
            for long, short in country.short.items():
                street = street.replace(long, short)
        street = typo(rng, street) if rng.random() < 0.15 else street
        town = typo(rng, town) if rng.random() < 0.06 else town
        street, town = map(country.plain if rng.random() < 0.2 else str, (street, town))
        code = rng.choice([code, code, code, ""])
        if rng.random() < 0.4:
            query = Query("", number, street, town, code)
        else:
            behind = rng.choice(["", "", "", *country.behind]) if rng.random() < 0.5 else ""
            first = country.line.format(number, street) + behind
            between = rng.choice([", ", "\n"])
            before = rng.choice(country.before) + between if rng.random() < 0.3 else ""
            second = f"{code} {town}".strip()
            text = rng.choice([f"{first}{between}{second}", f"{second}, {first}", f"{first}, {town} ({code[:2]})"])
            text = before + text.replace(" ()", "")
            query = Query(rng.choice([str, str, str, str.upper, str.lower])(text))
        asked.append(Question(query, meant, what))
    return asked
