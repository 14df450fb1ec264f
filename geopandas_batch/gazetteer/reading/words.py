"""Words that tell a street from a town, folded as :func:`spelling.fold` does."""

from __future__ import annotations


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# The name of a street follows: "rue Augusta", "via Roma", "calle Córdoba".
STREET_BEFORE = _set(
    "rue r via viale vicolo corso piazza piazzale largo calle c carrera cra kra cl av avda avenida ave avenue avinguda"
    " carrer placa plaza paseo passeig rua r praca travessa alameda estrada rodovia boulevard bd blvd boul place"
    " quai allee impasse chemin route cours square ul ulica ulitsa al aleja aleje pl plac os"
    " osiedle trg bulevar bulevardul"
    " strada str calea soseaua sos jalan jl jln gang lorong duong pho d nguyen jiron jr pasaje pje camino carretera"
    " ctra prolongacion colonia col fraccionamiento barrio urb edificio hotel thanon soi odos leoforos plateia mg po"
    " улица ул проспект пр просп площадь пл переулок пер бульвар бул шоссе ш набережная наб вул вулиця майдан"
    " οδος λεωφ λεωφορος πλατεια شارع ميدان طريق חוב רחוב רח שדרות שד"
)
# The name of a street stands before: "Paris Street", "Boston Road".
STREET_AFTER = _set(
    "street st str road rd avenue ave av lane ln drive dr boulevard blvd way place pl square sq court ct crescent cres"
    " terrace tce close grove gardens row walk parade pde parkway pkwy highway hwy freeway fwy expressway turnpike pike"
    " bridge station airport hotel university college school hospital church park tower building house mall market"
    " strasse straat laan weg plein gracht gasse allee platz ring ufer damm gatan gata gaten vej veien gade vagen utca"
    " ut ter korut utja caddesi cad sokak sok bulvari meydani bulvar cd marg nagar chowk colony circus quay dock wharf"
    " pier улица ул проспект площадь переулок бульвар шоссе turm tor"
)
STREETS = STREET_BEFORE | STREET_AFTER
# What it ends in: "Gutenbergplatz".
STREET_ENDS = ("strasse", "str", "platz", "gasse", "weg", "allee", "straat", "gatan", "gade", "vej", "utca")
# Words of forms and lists that are small towns somewhere; alone they are no address.
NO_PLACE = _set(
    "none null nan nil example sample test office sales home same various blank empty missing pending suite floor room"
    " unit apt apartment flat box po sku ref inv as lot vat tax user customer employee member patient passport"
    " week"
    " block manager director center centre north south east west central city town village county state country address"
    " name street road church hotel airport station hospital university college school market park bridge"
    # What is counted in a house: "Calle Mayor 5, puerta 3".
    " piano puerta piso planta depto scala lodge portal stiege vaning sala andar quadra kamer nivel porta"
)
# Blanks, days, months, colours and headings in some languages, which are towns somewhere or one letter from one. Behind
# a street they are those towns: "Main St 5, Normal".
WORD_OR_TOWN = _set(
    "leer offen keine rien nada puste brak ures bos kosong khong nema okand ukjent ninguno ninguna montag lundi mardi"
    " terca march april june august mai juli avril abril mayo maggio marco maio adres cim adresa cidade ville stadt"
    " paese rue phone price preis date datum non dame admin lager laden maison autre normal green rot rouge vert"
    " blanc azul verde blanco one links bag"
)
NO_PLACE |= WORD_OR_TOWN
# Before the name of a country from which a thing comes.
ORIGINS = _set("made product produce origin herkunft hecho fabrique fabricado imported assembled designed manufactured")
# What follows the name of a town where all of it is an address, and what stands before it on a shop.
LANDMARKS = STREET_AFTER | _set(
    "airport aeroport aeropuerto aeroporto flughafen station bahnhof hauptbahnhof hbf gare opera cathedral castle"
    " palace museum stadium zoo port harbour harbor centre center downtown city old town kremlin beach lake bay island"
    " islands district region area metro suburbs marina gardens house eye am an sur on upon under shi ku gu dong machi"
    " hq headquarters headquarter office offices branch depot warehouse plant campus remote zentrum centrum centro"
    " merkez mitte ncr urban metropolitan selatan utara timur barat pusat north south east west nord sud ost est ovest"
    " ouest norte oeste oost zuid noord"
    " i ii iii iv v vi vii viii ix x xi xii er e ie iie iiie ive ve vie viie viiie ixe xe xie xiie xiiie xive xve xvie"
    " xviie xviiie xixe xxe"
)
TRADES = _set("restaurant pizzeria ristorante trattoria cafe bistro bar salon friseur taverna osteria grill imbiss")
# A part with one of these is no town that is misspelt.
NO_TOWN = (
    TRADES
    | _set(
        "hotel hostel resort lodge inn hospital clinic klinik spital spitalul ospedale hopital university universidad"
        " universidade universite universita universitat universitas universiti uniwersytet universitesi college school"
        " museum airport embassy bank company factory mine refinery ltd gmbh"
    )
    | {word for word in STREETS if len(word) > 3}
)
# Names of countries in some language, written in our letters, that are words or names of people in others: "Church End"
# is not in India.
NO_COUNTRY = _set(
    "are cad cin cr day duc end fas gabo gane gini hind indie irisi japa jav keena kine lukia malt nga noru nuru oma"
    " panam peina pema poo quam risi roc rok saat sead sec sepia shine silia sip sodan spen sua swede togas tuns wiwi"
)
# Post offices of the American army, and the states that it writes behind them: they are anywhere.
ARMY, ARMY_STATES = _set("apo fpo dpo"), _set("aa ae ap")
# There, a code means the state before it means a country.
STATES_BY_CODE = frozenset(("US", "CA", "AU"))
# The rest of a name follows.
ARTICLES = _set("la le el los las les de del du do da des of")
# What a region is, before its name.
AREAS = _set(
    "provincia province provincie provinsi departamento departement estado comunidad region regione regiao state"
    " landkreis kreis oblast emirate wilaya gouvernorat governorate canton kanton kabupaten voivodeship wojewodztwo"
    " judet judetul zupanija область"
)
# What is said of land only.
LAND = _set("isle island islands isla isola ile insel ilha eiland")
# These say nothing of the place and do not hide that a name stands alone.
NOISE = _set("cedex zip pin plz cap cp near nr co arrondissement arrdt г гр гор город м місто пос пгт")

# What a town or region is, behind its name.
KINDS = _set(
    "city town village municipality district county province prov state region territory pref prefecture parish oblast"
    " governorate division megye kraj emirate lan merkez"
)
# The same in Japan, in our letters: "Kamakura-shi, Kanagawa".
JAPANESE_KINDS = _set("shi machi cho mura")
KINDS |= JAPANESE_KINDS

# The letters of countries' vehicles, before a postcode.
VEHICLES = dict(zip("abdefhilnps", ("AT", "BE", "DE", "ES", "FR", "HU", "IT", "LU", "NO", "PT", "SE"), strict=True))

_SPANISH = "ES MX AR CO PE CL VE EC GT CU BO DO HN PY SV NI CR PA UY PR"
_GERMAN, _FRENCH, _PORTUGUESE = "DE AT CH LI LU", "FR BE CH CA LU MC MA TN DZ SN CI", "PT BR AO MZ"
_ENGLISH_ONLY = "US GB CA AU NZ IE ZA IN"


def _spread(*groups: tuple[str, str]) -> dict[str, frozenset[str]]:
    return {word: _set(countries) for words, countries in groups for word in words.split()}


# Words of a language, and where it is written on street signs.
HINTS = _spread(
    ("calle avenida avda paseo plaza carrera jiron barrio colonia", _SPANISH),
    ("carrer placa passeig avinguda", "ES AD"),
    ("rue place quai allee impasse chemin", _FRENCH),
    ("rua praca travessa alameda rodovia estrada", _PORTUGUESE),
    ("strasse str platz gasse allee ufer weg", _GERMAN),
    ("via viale piazza vicolo corso largo", "IT CH SM VA"),
    ("straat plein gracht laan", "NL BE SR"),
    ("ul ulica aleja plac", "PL HR SI RS BA MK BG RU"),
    ("utca ter korut", "HU"),
    ("gatan gata vagen", "SE NO IS FI"),
    ("gade vej", "DK"),
    ("caddesi cad sokak mahallesi mah", "TR CY"),
    ("jalan jl", "ID MY BN SG"),
    ("strada bulevardul", "RO MD IT"),
    ("nam namesti trida ulice", "CZ SK"),
    ("street st road rd avenue ave lane drive dr court blvd boulevard", _ENGLISH_ONLY),
)
# Scripts by the first letters of their blocks, and where they are at home.
SCRIPTS = (
    ("\u0370", "\u03ff", _set("GR CY")),
    ("\u0400", "\u04ff", _set("RU UA BG BY KZ RS MK KG MN TJ ME BA")),
    ("\u0590", "\u05ff", frozenset(("IL",))),
    ("\u0600", "\u06ff", _set("EG SA IQ IR MA DZ SY YE JO AE LY SD TN LB KW OM QA BH PS PK AF")),
    ("\u0e00", "\u0e7f", frozenset(("TH",))),
    ("\u3040", "\u30ff", frozenset(("JP",))),
    ("\u4e00", "\u9fff", _set("CN JP TW HK MO")),
    ("\uac00", "\ud7a3", frozenset(("KR",))),
)
