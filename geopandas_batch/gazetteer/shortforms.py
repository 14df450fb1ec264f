"""Short forms of regions and cities that are written by hand and are in no name of the index.

They are found when the atlas is opened, not when its data are built; `aliases` has those of the build.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.spelling import key

# By country: short forms, and the regions or districts that they stand for: of an old county, all its parts. They count
# where codes of states do.
_REGIONS = {
    "GB": """
        beds=Bedford/Central Bedfordshire/Luton
        berks=West Berkshire/Reading/Slough/Wokingham/Bracknell Forest/Royal Borough of Windsor and Maidenhead
        bucks=Buckinghamshire/Milton Keynes; cambs=Cambridgeshire/Peterborough
        ches=Cheshire East/Cheshire West and Chester; derbys=Derbyshire/Derby
        glos=Gloucestershire/South Gloucestershire; hants=Hampshire/Southampton/Portsmouth; herts=Hertfordshire
        lancs=Lancashire/Blackpool/Blackburn with Darwen; leics=Leicestershire/Leicester
        lincs=Lincolnshire/North Lincolnshire/North East Lincolnshire; middx=Greater London
        northants=North Northamptonshire/West Northamptonshire; northumb=Northumberland
        notts=Nottinghamshire/Nottingham; oxon=Oxfordshire; salop=Shropshire; shrops=Shropshire/Telford and Wrekin
        staffs=Staffordshire/Stoke-on-Trent; warks=Warwickshire; wilts=Wiltshire; worcs=Worcestershire
        yorks=North Yorkshire/East Riding of Yorkshire/York/Leeds/Bradford/Wakefield/Kirklees/Calderdale
        yorks=Sheffield/Doncaster/Rotherham/Barnsley
        merseyside=Liverpool/Wirral/Sefton/Knowsley/St. Helens/Saint Helens; aberdeens=Aberdeenshire
        carms=Carmarthenshire; pembs=Pembrokeshire; glam=Vale of Glamorgan
    """,
    "DE": """
        westf=North Rhine-Westphalia; westfalen=North Rhine-Westphalia; rhld=North Rhine-Westphalia
        holst=Schleswig-Holstein; thuer=Thuringia; sachs=Saxony; meckl=Mecklenburg-Western Pomerania; nds=Lower Saxony
        wurtt=Baden-Wurttemberg; wuertt=Baden-Wurttemberg; oberbay=Bavaria; niederbay=Bavaria; oberfr=Bavaria
        mittelfr=Bavaria; unterfr=Bavaria; oberpf=Bavaria; brandenb=Brandenburg
    """,
    "MX": """
        roo=Quintana Roo; tamps=Tamaulipas; chih=Chihuahua; coah=Coahuila; gto=Guanajuato; qro=Querétaro; zac=Zacatecas
        tlax=Tlaxcala
    """,
    "US": """
        minn=Minnesota; nebr=Nebraska; okla=Oklahoma; ariz=Arizona; wisc=Wisconsin; penna=Pennsylvania; kans=Kansas
        wyo=Wyoming; dak=North Dakota/South Dakota
    """,
    "ES": """
        barna=Barcelona; guip=Gipuzkoa
    """,
    "PL": """
        wlkp=Greater Poland; mazow=Mazovia
    """,
}


# What regions are called at home, or were called until lately, or what many call several of them together.
_AT_HOME = {
    "GB": """
        west yorkshire=Leeds/Bradford/Wakefield/Kirklees/Calderdale
        greater manchester=Manchester/City and Borough of Salford
        south yorkshire=Sheffield/Doncaster/Rotherham/Barnsley; sussex=East Sussex/West Sussex
        greater manchester=Borough of Bolton/Borough of Bury/Borough of Oldham/Borough of Rochdale/Borough of Stockport
        greater manchester=Borough of Tameside/Borough of Wigan/Trafford
        tyne and wear=Newcastle upon Tyne/Gateshead/Sunderland/North Tyneside/South Tyneside
        tyne wear=Newcastle upon Tyne/Gateshead/Sunderland/North Tyneside/South Tyneside
        west midlands=City and Borough of Birmingham/Coventry/Dudley/Sandwell/Solihull/Walsall/Wolverhampton
        yorkshire=North Yorkshire/East Riding of Yorkshire/York/Leeds/Bradford/Wakefield/Kirklees/Calderdale
        yorkshire=Sheffield/Doncaster/Rotherham/Barnsley; ross shire=Highland; inverness shire=Highland
        argyll=Argyll and Bute; co antrim=Antrim and Newtownabbey/Mid and East Antrim/Causeway Coast and Glens
        co tyrone=Mid Ulster/Fermanagh and Omagh/Derry City and Strabane; co fermanagh=Fermanagh and Omagh
        co down=Newry Mourne and Down/Ards and North Down; co armagh=Armagh City Banbridge and Craigavon
        co londonderry=Derry City and Strabane/Causeway Coast and Glens; co derry=Derry City and Strabane
    """,
    "FR": """
        alsace=Grand Est; lorraine=Grand Est; champagne ardenne=Grand Est; bourgogne=Bourgogne-Franche-Comté
        franche comte=Bourgogne-Franche-Comté; auvergne=Auvergne-Rhône-Alpes; rhone alpes=Auvergne-Rhône-Alpes
        picardie=Hauts-de-France; nord pas de calais=Hauts-de-France; aquitaine=New Aquitaine; limousin=New Aquitaine
        poitou charentes=New Aquitaine; languedoc roussillon=Occitanie; midi pyrenees=Occitanie
        haute normandie=Normandy; basse normandie=Normandy; provence=Provence-Alpes-Côte d'Azur
        paca=Provence-Alpes-Côte d'Azur
    """,
    "ES": """
        islas baleares=Balearic Islands; islas canarias=Canary Islands; catalunya=Catalonia; euskadi=Basque Country
        castilla y leon=Castille and León; castilla la mancha=Castille-La Mancha; comunitat valenciana=Valencia
    """,
    "PT": "acores=Azores; algarve=Faro",
    "IT": "sudtirol=Bolzano; alto adige=Bolzano; trentino=Provincia autonoma di Trento",
    "CH": "wallis=Valais; tessin=Ticino",
    "BE": """
        oost vlaanderen=Provincie Oost-Vlaanderen; west vlaanderen=Provincie West-Vlaanderen
        hainaut=Province du Hainaut
    """,
    "NL": "noord holland=North Holland; zuid holland=South Holland; noord brabant=North Brabant",
    "DK": "sjaelland=Zealand/Capital Region; jylland=Central Jutland/North Denmark/South Denmark",
    "PL": """
        malopolska=Lesser Poland; malopolskie=Lesser Poland; slaskie=Silesia; mazowieckie=Mazovia
        wielkopolskie=Greater Poland
    """,
    "ID": """
        kalbar=West Kalimantan; kaltim=East Kalimantan; kalsel=South Kalimantan; jabar=West Java; jateng=Central Java
        jatim=East Java; sulsel=South Sulawesi; sulut=North Sulawesi; sumut=North Sumatra; sumbar=West Sumatra
        sumsel=South Sumatra; kalimantan barat=West Kalimantan; kalimantan timur=East Kalimantan
        kalimantan selatan=South Kalimantan; sulawesi utara=North Sulawesi
    """,
    "PK": "kpk=Khyber Pakhtunkhwa; kp=Khyber Pakhtunkhwa",
}


def find_regions(atlas: Atlas) -> Iterator[tuple[str, int]]:
    """Short forms and the entities they stand for, of those that the atlas has."""
    return _resolve(atlas, _REGIONS)


def find_local_names(atlas: Atlas) -> Iterator[tuple[str, int]]:
    """Names of regions that the index lacks, and the entities they stand for."""
    return _resolve(atlas, _AT_HOME)


def _resolve(atlas: Atlas, table: dict[str, str]) -> Iterator[tuple[str, int]]:
    for country, pairs in table.items():
        number = atlas.countries.index(country)
        for pair in re.split(r"[;\n]", pairs):
            short, _, regions = pair.strip().partition("=")
            for name in filter(None, regions.split("/")):
                found = atlas.names.get(key(name))
                if found is None:
                    continue  # an atlas of another build
                for entry in atlas.name_entity[atlas.name_start[found] : atlas.name_start[found + 1]]:
                    entity = entry >> 1
                    if atlas.villages <= entity < atlas.regions and atlas.country[entity] == number:
                        yield short, entity


# What people write instead of a city, in capitals: the codes of airports and stations that stand for their towns.
CITIES = {
    short: name
    for line in (
        "SLC=Salt Lake City,OKC=Oklahoma City,ATL=Atlanta,PHX=Phoenix,DFW=Dallas,KC=Kansas City,KCMO=Kansas City",
        "MPLS=Minneapolis,NOLA=New Orleans,ABQ=Albuquerque,PDX=Portland,CLT=Charlotte,MKE=Milwaukee,CHI=Chicago",
        "JAX=Jacksonville,INDY=Indianapolis,CINCY=Cincinnati,PGH=Pittsburgh,BALTO=Baltimore,HTX=Houston",
        "LB=Long Beach,SLO=San Luis Obispo,CHATT=Chattanooga,GR=Grand Rapids,COS=Colorado Springs,YVR=Vancouver",
        "YYC=Calgary,YEG=Edmonton,YYZ=Toronto,BCN=Barcelona",
    )
    for short, name in (pair.split("=") for pair in line.split(","))
}
