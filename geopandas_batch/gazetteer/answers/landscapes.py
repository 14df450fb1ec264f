"""Islands and landscapes that are no region: where they are, told by towns in them.

The names and towns are written by hand, the points and the people come from the atlas. The middle of the people of a
few towns stands for the middle of all: an approximation, which confidence and radius of the answer take into account.
"""

from __future__ import annotations

import math
import re
from functools import cache
from typing import NamedTuple

from geopandas_batch.gazetteer.atlas import NO_REGION, Atlas
from geopandas_batch.gazetteer.atlas.spelling import key
from geopandas_batch.gazetteer.ranking.evidence import kilometres
from geopandas_batch.gazetteer.reverse.extents import Extents

_NEAR = 25.0  # km, as everywhere
_MIGHTIER = 20  # times as many people as a town of the same name
# By country, or by one of its regions where it has more than one town of these names: names, and towns.
TOWNS = {
    "ES": """
        Mallorca|Majorca|Maiorca=Palma/Manacor/Inca/Alcúdia/Llucmajor; Menorca|Minorca=Maó/Ciutadella
        Gran Canaria=Las Palmas de Gran Canaria/Telde/Maspalomas/Gáldar; Fuerteventura=Puerto del Rosario/Corralejo
        Tenerife=Santa Cruz de Tenerife/La Laguna/Arona/Puerto de la Cruz; Lanzarote=Arrecife/Teguise/Yaiza/Tías
        La Gomera=San Sebastián de la Gomera; La Palma=Los Llanos de Aridane/Santa Cruz de la Palma
        Formentera=Sant Francesc de Formentera
        Costa Brava=Lloret de Mar/Blanes/Roses/Palamós/L'Escala; Costa Dorada|Costa Daurada=Tarragona/Salou/Cambrils
        Costa del Sol=Málaga/Marbella/Torremolinos/Fuengirola/Benalmádena/Estepona
        Costa Blanca=Alicante/Benidorm/Torrevieja/Dénia/Calp; Costa de la Luz=Cádiz/Huelva/Conil de la Frontera
    """,
    "PT": """
        Algarve=Faro/Portimão/Albufeira/Tavira/Loulé; Ilha Terceira|Terceira=Angra do Heroísmo/Praia da Vitória
        Ilha de São Miguel|São Miguel Island=Ponta Delgada/Ribeira Grande
    """,
    "IT": """
        Elba|Isola d'Elba=Portoferraio/Capoliveri/Porto Azzurro; Costa Smeralda=Arzachena/Olbia
        Lake Garda|Lago di Garda|Gardasee|Lac de Garde=Desenzano del Garda/Riva del Garda/Bardolino/Salò
        Lake Como|Lago di Como|Comer See=Como/Lecco/Bellagio/Menaggio; Salento=Lecce/Gallipoli/Otranto/Nardò
        Lake Maggiore|Lago Maggiore=Verbania/Stresa/Luino; Cinque Terre=Monterosso al Mare/Vernazza/Riomaggiore
        Amalfi Coast|Costiera Amalfitana|Amalfiküste=Amalfi/Positano/Maiori
        Chianti=Greve in Chianti/Castellina in Chianti/Radda in Chianti
        Dolomites|Dolomiti|Dolomiten=Cortina d'Ampezzo/Canazei/Ortisei
    """,
    "FR": """
        French Riviera|Côte d'Azur=Nice/Cannes/Antibes/Fréjus/Menton; Corse du Sud=Ajaccio/Porto-Vecchio
        Loire Valley|Val de Loire|Vallée de la Loire=Tours/Blois/Saumur/Amboise/Angers
        Île de Ré=Saint-Martin-de-Ré/La Flotte; Île d'Oléron=Saint-Pierre-d'Oléron/Le Château-d'Oléron
        Belle-Île-en-Mer=Le Palais; Luberon|Lubéron=Apt/Cavaillon/Pertuis
        Alsace|Elsass=Strasbourg/Mulhouse/Colmar/Haguenau; Lorraine=Nancy/Metz/Épinal/Thionville
        Burgundy|Bourgogne=Dijon/Chalon-sur-Saône/Auxerre/Mâcon/Nevers; Franche-Comté=Besançon/Belfort/Vesoul/Dole
        Provence=Marseille/Aix-en-Provence/Avignon/Arles/Toulon; Auvergne=Clermont-Ferrand/Vichy/Aurillac
        Limousin=Limoges/Brive-la-Gaillarde/Tulle/Guéret; Picardy|Picardie=Amiens/Beauvais/Compiègne/Saint-Quentin
        Pays Basque=Bayonne/Biarritz/Saint-Jean-de-Luz; Périgord=Périgueux/Bergerac/Sarlat-la-Canéda
        Camargue=Arles/Saintes-Maries-de-la-Mer
    """,
    "DE": """
        Black Forest|Schwarzwald|Forêt-Noire=Freiburg/Villingen-Schwenningen/Freudenstadt/Baden-Baden
        Allgäu=Kempten/Kaufbeuren/Memmingen/Sonthofen/Füssen
        Sauerland=Iserlohn/Arnsberg/Lüdenscheid/Meschede/Winterberg
        Ruhrgebiet|Ruhr area|Ruhrpott=Dortmund/Essen/Duisburg/Bochum/Gelsenkirchen/Oberhausen
        Rügen|Insel Rügen=Bergen auf Rügen/Sassnitz; Insel Usedom=Heringsdorf/Zinnowitz; Sylt|Insel Sylt=Westerland
        Föhr|Insel Föhr=Wyk auf Föhr; Lake Constance|Bodensee=Konstanz/Friedrichshafen/Lindau/Radolfzell
        Eifel=Daun/Bitburg/Monschau/Mayen; Odenwald=Michelstadt/Mosbach; Münsterland=Münster/Bocholt/Rheine/Coesfeld
        Schwäbische Alb=Reutlingen/Albstadt/Münsingen; East Frisia|Ostfriesland=Emden/Aurich/Leer/Norden
        Franconia|Franken=Nuremberg/Würzburg/Bamberg/Bayreuth; Oberlausitz=Görlitz/Bautzen/Zittau
        Spreewald=Lübbenau/Lübben
    """,
    "AT": """
        Salzkammergut=Bad Ischl/Gmunden/Hallstatt; Zillertal=Mayrhofen/Zell am Ziller; Wachau=Krems/Melk
        Waldviertel=Zwettl/Gmünd/Horn/Waidhofen an der Thaya
    """,
    "CH": """
        Engadine|Engadin|Engiadina=St. Moritz/Samedan/Scuol; Bernese Oberland|Berner Oberland=Interlaken/Thun/Spiez
        Emmental=Burgdorf/Sumiswald
    """,
    "GB": """
        Lake District=Keswick/Windermere/Ambleside/Kendal; Cotswolds|The Cotswolds=Cirencester/Chipping Norton
        Peak District=Buxton/Bakewell/Matlock; New Forest=Lyndhurst/Brockenhurst/Lymington/Ringwood
        Scottish Highlands|Highlands of Scotland=Inverness/Fort William/Aviemore/Thurso; Isle of Skye|Skye=Portree
        Isle of Islay|Islay=Bowmore
        Isle of Harris=Tarbert; Outer Hebrides|Western Isles=Stornoway; Orkney=Kirkwall/Stromness
        Shetland=Lerwick/Scalloway; Snowdonia=Llanberis/Bethesda/Dolgellau
        Yorkshire Dales=Skipton/Settle/Grassington; North York Moors=Pickering/Helmsley
    """,
    "IE": "Connemara=Clifden/Oughterard; Ring of Kerry=Killarney/Kenmare/Cahersiveen",
    "NL": """
        Texel=Den Burg/De Koog; Terschelling=West-Terschelling; Veluwe=Apeldoorn/Ede/Ermelo
        Randstad=Amsterdam/Rotterdam/The Hague/Utrecht; Achterhoek=Doetinchem/Winterswijk/Zutphen
        Twente=Enschede/Hengelo/Almelo
    """,
    "BE": "Ardennen=Bastogne/Bouillon/Durbuy",
    "DK": """
        Bornholm=Rønne/Nexø; Funen|Fyn|Fünen=Odense/Svendborg/Nyborg/Middelfart; Lolland=Nakskov/Maribo
        Jutland|Jylland|Jütland=Aarhus/Aalborg/Esbjerg/Randers/Kolding
    """,
    "SE": "Öland=Borgholm/Färjestaden/Mörbylånga; Småland=Växjö/Jönköping/Kalmar; Bohuslän=Uddevalla/Lysekil/Strömstad",
    "NO": "Lofoten=Svolvær/Leknes; Vesterålen=Sortland/Stokmarknes; Hardanger=Odda/Norheimsund",
    "GR": """
        Santorini|Σαντορίνη=Fira/Emporeío; Kefalonia|Cephalonia|Κεφαλονιά=Argostoli/Lixoúri
        Lesvos|Λέσβος=Mytilene
        Chalkidiki|Halkidiki|Χαλκιδική=Polýgyros/Néa Moudaniá
        Cyclades|Κυκλάδες|Kykladen=Ermoúpoli/Náxos/Páros; Δωδεκάνησα=Rhodes/Kos/Kálymnos
    """,
    "HR": """
        Istra|Istrien=Pula/Rovinj/Poreč/Umag; Dalmatia|Dalmacija|Dalmatien=Split/Zadar/Šibenik/Dubrovnik
        Brač=Supetar; Slavonia|Slavonija|Slawonien=Osijek/Slavonski Brod/Vinkovci/Požega
    """,
    "TR": "Cappadocia|Kapadokya|Kappadokien=Nevşehir/Göreme/Ürgüp/Avanos",
    "RO": """
        Transylvania|Transilvania|Ardeal|Siebenbürgen=Cluj-Napoca/Brașov/Sibiu/Târgu-Mureș/Alba Iulia
        Bukovina|Bucovina=Suceava/Rădăuți; Banat=Timișoara/Reșița/Lugoj
    """,
    "PL": """
        Masuria|Mazury|Masuren=Giżycko/Mrągowo/Ełk; Kashubia|Kaszuby=Kartuzy/Kościerzyna/Wejherowo
        Podhale=Zakopane/Nowy Targ
    """,
    "CZ": """
        Moravia|Morava|Mähren=Brno/Ostrava/Olomouc/Zlín; Krkonoše=Vrchlabí/Trutnov
        Bohemia|Čechy|Böhmen=Prague/Pilsen/České Budějovice/Hradec Králové/Liberec
    """,
    "HU": "Lake Balaton|Balaton|Plattensee=Siófok/Keszthely/Balatonfüred",
    "RU": """
        Siberia|Сибирь|Sibirien|Sibérie=Novosibirsk/Omsk/Krasnoyarsk/Irkutsk/Barnaul/Tomsk
        Ural|Урал|Urals=Yekaterinburg/Chelyabinsk/Perm/Ufa
    """,
    "US/California": """
        San Francisco Bay Area|SF Bay Area|Bay Area=San Francisco/Oakland/San Jose/Fremont
        Silicon Valley=San Jose/Palo Alto/Sunnyvale/Mountain View; Napa Valley=Napa/Calistoga
        Southern California|SoCal=Los Angeles/San Diego/Long Beach/Riverside; Lake Tahoe=South Lake Tahoe
        Inland Empire=Riverside/San Bernardino/Ontario/Fontana
    """,
    "US/Florida": """
        Florida Keys=Key West/Marathon/Key Largo; South Florida=Miami/Fort Lauderdale/West Palm Beach
        Tampa Bay=Tampa/St. Petersburg/Clearwater
    """,
    "US/Hawaii": """
        Oahu|O'ahu=Honolulu/Pearl City/Kailua; Maui=Kahului/Lahaina/Kihei/Wailuku; Kauai|Kaua'i=Lihue/Kapaa
        Big Island=Hilo/Kailua-Kona; Molokai|Moloka'i=Kaunakakai; Lanai|Lana'i=Lanai City
    """,
    "US/Massachusetts": """
        Cape Cod=Hyannis/Provincetown/Falmouth/Chatham; Martha's Vineyard=Edgartown/Vineyard Haven/Oak Bluffs
    """,
    "US/Michigan": "Upper Peninsula=Marquette/Escanaba/Houghton/Sault Ste. Marie",
    "US/Minnesota": "Twin Cities=Minneapolis/Saint Paul",
    "US/New Jersey": "Jersey Shore=Atlantic City/Asbury Park/Toms River",
    "US/New York": """
        Long Island=Hempstead/Brentwood/Huntington/Riverhead; Finger Lakes=Ithaca/Geneva/Canandaigua/Auburn
        Hamptons|The Hamptons=Southampton/East Hampton/Sag Harbor; Hudson Valley=Poughkeepsie/Newburgh/Kingston
        Adirondacks=Lake Placid/Saranac Lake/Lake George
    """,
    "US/North Carolina": """
        Outer Banks=Kill Devil Hills/Nags Head/Kitty Hawk; Research Triangle=Raleigh/Durham/Chapel Hill
    """,
    "US/Oregon": "Willamette Valley=Salem/Eugene/Corvallis",
    "US/Texas": "Rio Grande Valley=McAllen/Brownsville/Harlingen",
    "US/Virginia": """
        Hampton Roads=Norfolk/Virginia Beach/Newport News/Hampton; Northern Virginia|NoVA=Alexandria/Arlington/Reston
    """,
    "US/Washington": """
        Puget Sound=Seattle/Tacoma/Everett/Bremerton; San Juan Islands=Friday Harbor
        Olympic Peninsula=Port Angeles/Forks/Port Townsend
    """,
    "US": "New England=Boston/Worcester/Providence/Hartford/Burlington",
    "CA": """
        Okanagan|Okanagan Valley=Kelowna/Penticton/Vernon; Lower Mainland=Vancouver/Surrey/Burnaby
        Cape Breton|Cape Breton Island=Sydney/Glace Bay; Muskoka=Bracebridge/Huntsville/Gravenhurst
        Vancouver Island=Victoria/Nanaimo/Courtenay/Campbell River; Gaspésie=Gaspé/Matane
        Eastern Townships|Cantons-de-l'Est=Sherbrooke/Magog/Granby
    """,
    "MX": """
        Riviera Maya=Playa del Carmen/Tulum; Los Cabos=Cabo San Lucas/San José del Cabo
        Riviera Nayarit=Bucerías/Sayulita
    """,
    "AR": "Patagonia=San Carlos de Bariloche/Comodoro Rivadavia/Neuquén/El Calafate/Ushuaia",
    "CL": "Easter Island|Rapa Nui=Hanga Roa; Isla de Chiloé=Castro/Ancud/Quellón",
    "VE": "Margarita Island|Isla Margarita|Isla de Margarita=Porlamar/Juan Griego",
    "BS": "Grand Bahama=Freeport",
    "ID": """
        Java|Jawa=Jakarta/Surabaya/Bandung/Semarang/Yogyakarta; Sumatra|Sumatera=Medan/Palembang/Padang/Pekanbaru
        Kalimantan=Banjarmasin/Pontianak/Samarinda/Balikpapan; Sulawesi|Celebes=Makassar/Manado/Palu/Kendari
        Lombok=Mataram/Praya; Flores=Maumere/Ende/Ruteng; Bintan=Tanjung Pinang; Nias=Gunungsitoli
    """,
    "MY": """
        Borneo=Kota Kinabalu/Kuching/Sandakan/Miri
        Klang Valley|Lembah Klang=Kuala Lumpur/Petaling Jaya/Shah Alam/Klang
    """,
    "PH": """
        Luzon=Manila/Quezon City/Baguio/Dagupan; Mindanao=Davao/Zamboanga/Cagayan de Oro/General Santos
        Visayas=Cebu City/Iloilo/Bacolod City/Tacloban; Palawan=Puerto Princesa/El Nido/Coron;
        Boracay=Malay
    """,
    "JP": """
        Honshu|Honshū|本州=Tokyo/Osaka/Nagoya/Sendai/Hiroshima; Shikoku|四国=Matsuyama/Takamatsu/Kochi/Tokushima
        Kyushu|Kyūshū|九州=Fukuoka/Kagoshima/Kumamoto/Nagasaki/Ōita; Kansai|関西=Osaka/Kyoto/Kobe
        Tohoku|Tōhoku|東北=Sendai/Aomori/Akita/Morioka
    """,
    "CN": "Pearl River Delta|珠江三角洲=Guangzhou/Shenzhen/Dongguan/Foshan",
    "IN": """
        Kashmir|कश्मीर=Srinagar/Anantnag; Delhi NCR|NCR Delhi=Delhi/Gurgaon/Noida/Ghaziabad/Faridabad
        Vidarbha=Nagpur/Amravati/Akola; Marathwada=Aurangabad/Nanded/Latur; Saurashtra=Rajkot/Jamnagar/Bhavnagar
    """,
    "TH": "Isan|Isaan|อีสาน=Nakhon Ratchasima/Khon Kaen/Udon Thani/Ubon Ratchathani",
    "VN": "Mekong Delta|Đồng bằng sông Cửu Long=Cần Thơ/Long Xuyên/Cà Mau/Rạch Giá",
    "AU": """
        Hunter Valley=Newcastle/Maitland/Cessnock;
        Barossa Valley=Tanunda/Nuriootpa/Angaston; Yarra Valley=Healesville
        Gippsland=Traralgon/Sale/Bairnsdale/Morwell
        Pilbara=Karratha/Port Hedland/Newman
    """,
    "NZ": """
        North Island=Auckland/Wellington/Hamilton/Tauranga; South Island=Christchurch/Dunedin/Nelson/Invercargill
        Bay of Islands=Paihia/Kerikeri
    """,
    "FJ": "Viti Levu=Suva/Nadi/Lautoka; Vanua Levu=Labasa",
    "PF": "Tahiti=Papeete/Faaa; Moorea=Afareaitu/Papetoai",
    "WS": "Upolu=Apia",
    "KY": "Grand Cayman=George Town/West Bay/Bodden Town",
    "TN": "Djerba|Jerba|جربة=Houmt Souk/Midoun",
    "EG": "Sinai|Sinai Peninsula|سيناء=Sharm el-Sheikh/Arish/Dahab",
    "IL": "Galilee|הגליל|Galil=Nazareth/Safed/Tiberias; Negev|הנגב=Beersheba/Dimona",
    "IQ": "Kurdistan|Iraqi Kurdistan|Kurdistan Region=Erbil/Sulaymaniyah/Dohuk",
    "ZA": """
        Garden Route=George/Knysna/Mossel Bay/Plettenberg Bay; East Rand=Benoni/Boksburg/Germiston/Springs
        Karoo=Beaufort West/Graaff-Reinet; Zululand=Ulundi/Richards Bay/Empangeni
    """,
    "AX": "Åland|Ahvenanmaa=Mariehamn/Jomala",
    "BL": "Saint-Barthélemy|St. Barts|St. Barths|St. Barth=Gustavia",
    "MT": "Gozo|Għawdex=Victoria/Nadur",
}


class Landscape(NamedTuple):
    """Where an island or landscape is."""

    label: str
    country: int
    regions: frozenset[int]
    lat: int  # 0.0001 degrees
    lon: int
    radius: float  # metres round that point, which hold all the towns
    near: float  # the share of the people of the towns who live within 25 km of it
    people: float  # of the towns


@cache
def _read_towns() -> dict[str, tuple[str, str, str]]:
    """For the key of each name: where it is, its first name, and its towns."""
    return {
        key(name): (where, names.split("|")[0], towns)
        for where, pairs in TOWNS.items()
        for pair in filter(None, map(str.strip, re.split(r"[;\n]", pairs)))
        for names, towns in [pair.split("=")]
        for name in names.split("|")
    }


class Landscapes:
    """Finds islands and landscapes by the keys of their names."""

    def __init__(self, atlas: Atlas, extents: Extents) -> None:
        """Nothing is computed before it is needed."""
        self._atlas, self._extents = atlas, extents
        self._located: dict[str, Landscape] = {}

    def find(self, said: str) -> Landscape | None:
        """What has this name."""
        told = _read_towns().get(said)
        if told is None:
            return None
        if said not in self._located:
            self._located[said] = self._locate(*told)
        return self._located[said]

    def is_meant(self, said: str) -> bool:
        """Whether a name means a landscape without more context: no region and no town of some size bears it."""
        found = self.find(said)
        if found is None:
            return False
        atlas = self._atlas
        number = atlas.names.get(said)
        if number is None:
            return True
        namesakes = [entry >> 1 for entry in atlas.name_entity[atlas.name_start[number] : atlas.name_start[number + 1]]]
        return all(
            namesake < atlas.villages
            and (
                atlas.region[namesake] in found.regions  # "Lahr/Schwarzwald"
                or _MIGHTIER * 10 ** (atlas.weight[namesake] / 30) < found.people
            )
            for namesake in namesakes
        )

    def find_places(self, where: str, towns: str) -> list[int]:
        """The towns that are written there; those that the atlas lacks are left out."""
        country, _, region = where.partition("/")
        number = self._atlas.countries.index(country)
        return [place for town in towns.split("/") for place in self._biggest(town, number, region)]

    def _locate(self, where: str, label: str, towns: str) -> Landscape:
        atlas, places = self._atlas, self.find_places(where, towns)
        country = atlas.country[places[0]]
        people = [10 ** (atlas.weight[place] / 30) for place in places]
        whole = math.fsum(people)
        # None of them lies on both sides of the date line.
        lat, lon = (
            round(math.fsum(column[place] * each for place, each in zip(places, people, strict=True)) / whole)
            for column in (atlas.lat, atlas.lon)
        )
        apart = [kilometres(lat / 1e4, lon / 1e4, atlas.lat[place] / 1e4, atlas.lon[place] / 1e4) for place in places]
        radii = [1000 * far + self._extents.of_place(place) for far, place in zip(apart, places, strict=True)]
        return Landscape(
            ", ".join(filter(None, (label, where[3:], atlas.label(atlas.regions + country)))),
            country,
            frozenset(atlas.region[place] for place in places if atlas.region[place] != NO_REGION),
            lat,
            lon,
            round(max(radii), -2),
            math.fsum(each for far, each in zip(apart, people, strict=True) if far <= _NEAR) / whole,
            whole,
        )

    def _biggest(self, town: str, country: int, region: str) -> list[int]:
        """The biggest place of this name in a country, or in one of its regions; none in an atlas that lacks it."""
        atlas = self._atlas
        number = atlas.names.get(key(town))
        if number is None:
            return []
        places = [entry >> 1 for entry in atlas.name_entity[atlas.name_start[number] : atlas.name_start[number + 1]]]
        inside = [
            place
            for place in places
            if place < atlas.villages
            and atlas.country[place] == country
            and (not region or region == atlas.label(atlas.districts + atlas.region[place]))
        ]
        return [max(inside, key=lambda place: (atlas.weight[place], -place))] if inside else []
