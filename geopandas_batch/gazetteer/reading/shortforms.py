"""Short forms of regions and cities that are written by hand and are in no name of the index.

They are found when the atlas is opened, not when its data are built; `aliases` has those of the build.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.atlas.spelling import fold, key
from geopandas_batch.gazetteer.reading.countrynames import CALLED
from geopandas_batch.gazetteer.reading.formerregions import FORMER
from geopandas_batch.gazetteer.reading.homenames import AT_HOME

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
        yorks=North Yorkshire/East Riding of Yorkshire/York/City and Borough of Leeds/Bradford/Kirklees/Calderdale
        yorks=City and Borough of Wakefield/Sheffield/Doncaster/Rotherham/Barnsley
        merseyside=Liverpool/Wirral/Sefton/Knowsley/St. Helens/Saint Helens; aberdeens=Aberdeenshire
        carms=Carmarthenshire; pembs=Pembrokeshire; glam=Vale of Glamorgan; ni=Northern Ireland
        iow=Isle of Wight
    """,
    "CZ": "cr=Czechia",
    "DE": """
        ger=Germany; westf=North Rhine-Westphalia; westfalen=North Rhine-Westphalia; rhld=North Rhine-Westphalia
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
        nev=Nevada; colo=Colorado; oreg=Oregon
        wyo=Wyoming; wva=West Virginia; dak=North Dakota/South Dakota
    """,
    "ES": """
        barna=Província de Barcelona; bcn=Província de Barcelona; guip=Gipuzkoa
    """,
    "AT": """
        stmk=Styria; vbg=Vorarlberg; ktn=Carinthia; sbg=Salzburg; bgld=Burgenland; noe=Lower Austria; ooe=Upper Austria
    """,
    "IN": "ap=Telangana",
    "HN": "mdc=Francisco Morazán Department",
    "IM": "iom=Isle of Man",
    "NZ": "bop=Bay of Plenty",
    "PG": "ncd=National Capital",
    "ZA": "sa=South Africa",
    "CO": "cund=Cundinamarca; ant=Antioquia",
    "PL": """
        wlkp=Greater Poland; mazow=Mazovia
    """,
    # Postcodes of overseas territories, without their second halves.
    "FK": "fiqq=Falkland Islands",
    "GS": "siqq=South Georgia & South Sandwich Islands",
    "PN": "pcrn=Pitcairn Islands",
    "SH": "ascn=St. Helena; sthl=St. Helena; tdcu=St. Helena",
    "TC": "tkca=Turks & Caicos Islands",
    # Codes of the Olympic Games, where they are not those of ISO 3166.
    "BG": "bul=Bulgaria",
    "CH": "sui=Switzerland",
    "CL": "chi=Chile",
    "DK": "den=Denmark; nv=Capital Region; sv=Capital Region",
    "DZ": "alg=Algeria",
    "GR": "gre=Greece",
    "HR": "cro=Croatia",
    "ID": "ina=Indonesia",
    "LV": "lat=Latvia",
    "MY": "mas=Malaysia",
    "NG": "ngr=Nigeria",
    "NL": """
        ned=Netherlands; nh=North Holland; zh=South Holland; nb=North Brabant; gld=Gelderland; ov=Overijssel
    """,
    "PH": "phi=Philippines",
    "PT": "por=Portugal",
    "SI": "slo=Slovenia",
    "UY": "uru=Uruguay",
    "VN": "vie=Vietnam",
    "ZW": "zim=Zimbabwe",
}


def find_regions(atlas: Atlas) -> Iterator[tuple[str, int]]:
    """Short forms and the entities they stand for, of those that the atlas has."""
    return _resolve(atlas, _REGIONS)


def find_local_names(atlas: Atlas) -> Iterator[tuple[str, int]]:
    """Names of countries and regions that the index lacks, and the entities they stand for."""
    yield from _resolve(atlas, AT_HOME)
    yield from _resolve(atlas, FORMER)
    for country, names in CALLED.items():
        for name in names.split("/"):
            yield fold(name), atlas.regions + atlas.countries.index(country)


def _resolve(atlas: Atlas, table: dict[str, str]) -> Iterator[tuple[str, int]]:
    for country, pairs in table.items():
        number = atlas.countries.index(country)
        for pair in re.split(r"[;\n]", pairs):
            short, _, regions = pair.strip().partition("=")
            short = fold(short)
            for name in filter(None, regions.split("/")):
                found = atlas.names.get(key(name))
                if found is None:
                    continue  # an atlas of another build
                for entry in atlas.name_entity[atlas.name_start[found] : atlas.name_start[found + 1]]:
                    entity = entry >> 1
                    if atlas.villages <= entity and number in (atlas.country[entity], entity - atlas.regions):
                        yield short, entity


# What people write instead of a city: the codes of airports and stations that stand for their towns, in capitals, and
# short forms as they are written.
CITIES = {
    short: name
    for line in (
        "SLC=Salt Lake City,OKC=Oklahoma City,ATL=Atlanta,PHX=Phoenix,DFW=Dallas,KC=Kansas City,KCMO=Kansas City",
        "MPLS=Minneapolis,NOLA=New Orleans,ABQ=Albuquerque,PDX=Portland,CLT=Charlotte,MKE=Milwaukee,CHI=Chicago",
        "JAX=Jacksonville,INDY=Indianapolis,CINCY=Cincinnati,PGH=Pittsburgh,BALTO=Baltimore,HTX=Houston",
        "LB=Long Beach,SLO=San Luis Obispo,CHATT=Chattanooga,GR=Grand Rapids,COS=Colorado Springs,YVR=Vancouver",
        "YYC=Calgary,YEG=Edmonton,YYZ=Toronto,BCN=Barcelona,KL=Kuala Lumpur,JHB=Johannesburg",
        "STHLM=Stockholm,Sthlm=Stockholm,GBG=Göteborg,Gbg=Göteborg,Hki=Helsinki,Kbh=København,Chch=Christchurch",
        "CHCH=Christchurch,Akl=Auckland,Mtl=Montréal,MTL=Montréal,Mty=Monterrey,MTY=Monterrey,Gdl=Guadalajara",
        "GDL=Guadalajara,Pmb=Pietermaritzburg,PMB=Pietermaritzburg,Bris=Brisbane,Melb=Melbourne,Wgtn=Wellington",
        "Bln=Berlin,Hbg=Hamburg,Mchn=München,Stgt=Stuttgart,Nbg=Nürnberg,Ddorf=Düsseldorf,Mcr=Manchester,Bham=Birmingham",
        "BH=Belo Horizonte,POA=Porto Alegre,Hyd=Hyderabad,HYD=Hyderabad,Bby=Mumbai,BBY=Mumbai,Екб=Екатеринбург",
        "Spgs=Springs,Hts=Heights,Jct=Junction,Rpds=Rapids,Gr=Grand,Colo=Colorado",
        "NÖ=NOE,OÖ=OOE,Gujrat=Gujarat,Ffm=Frankfurt",
    )
    for short, name in (pair.split("=") for pair in line.split(","))
}
