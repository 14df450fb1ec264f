"""Cities that are regions of their own: addresses say of them the region that lies around them.

"Almaty, Almaty Region", "Москва, Московская область", "Gwangju, Jeollanam-do". Written by hand.
"""

from __future__ import annotations

from geopandas_batch.gazetteer.atlas import Atlas

# By country: the region that is a city, and those around it, by their labels.
_ENCLAVES = {
    "AT": "Vienna=Lower Austria",
    "AU": "Australian Capital Territory=New South Wales",
    "AZ": "Baki=Abşeron",
    "BE": "Brussels Capital=Flanders",
    "BG": "Sofia-Capital=Sofia",
    "BR": "Federal District=Goiás",
    "BY": "Minsk City=Minsk",
    "CN": "Beijing=Hebei; Tianjin=Hebei; Chongqing=Sichuan",
    "CO": "Bogota D.C.=Cundinamarca",
    "CZ": "Prague=Central Bohemia",
    "DE": "State of Berlin=Brandenburg; Bremen=Lower Saxony; Hamburg=Schleswig-Holstein/Lower Saxony",
    "DK": "Capital Region=Zealand",
    "ET": "Addis Ababa=Oromiya",
    "HR": "Zagreb=Zagreb County",
    "HU": "Budapest=Pest County",
    "ID": "Jakarta=West Java/Banten",
    "IN": "Delhi=Haryana/Uttar Pradesh; Chandigarh=Punjab/Haryana; Puducherry=Tamil Nadu",
    "KG": "Bishkek=Chuy Region; Osh City=Osh Region",
    "KH": "Phnom Penh=Kandal",
    "KR": """
        Seoul=Gyeonggi-do; Incheon=Gyeonggi-do; Daegu=Gyeongsangbuk-do; Busan=Gyeongsangnam-do; Ulsan=Gyeongsangnam-do
        Gwangju=Jeollanam-do; Daejeon=Chungcheongnam-do; Sejong-si=Chungcheongnam-do
    """,
    "KZ": "Almaty=Almaty Region; Astana=Aqmola; Shymkent=Turkistan",
    "ML": "Bamako=Koulikoro",
    "MN": "Ulaanbaatar=Central Aimak",
    "MX": "Mexico City=México",
    "NE": "Niamey=Tillabéri Region",
    "NO": "Oslo=Akershus",
    "PK": "Islamabad=Punjab",
    "PY": "Asuncion=Central Department",
    "RO": "Bucharest=Ilfov",
    "RU": "Moscow=Moscow Oblast; St.-Petersburg=Leningradskaya Oblast'",
    "TD": "N’Djaména=Chari-Baguirmi",
    "UA": "Kyiv City=Kyiv Oblast; Sevastopol City=Crimea",
    "UZ": "Tashkent=Tashkent Region",
    "VE": "Distrito Federal=Miranda/Vargas",
}


def find_enclaves(atlas: Atlas) -> dict[int, frozenset[int]]:
    """The regions around each region that is a city, of those that the atlas has."""
    numbers = {
        (atlas.countries[atlas.country[entity]], atlas.label(entity)): entity - atlas.districts
        for entity in range(atlas.districts, atlas.regions)
    }
    found = {}
    for country, pairs in _ENCLAVES.items():
        for pair in pairs.replace("\n", ";").split(";"):
            city, _, around = pair.strip().partition("=")
            if (country, city) in numbers:
                found[numbers[country, city]] = frozenset(
                    numbers[country, region] for region in around.split("/") if (country, region) in numbers
                )
    return found
