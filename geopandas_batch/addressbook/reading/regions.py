"""What may stand behind a town without being a part of its name: states, and the usual names of countries."""

from __future__ import annotations

from geopandas_batch.addressbook.spelling import keys

# Postal codes of the states of the USA, Canada and Australia, where one name is often that of several towns.
_STATES = """
AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|FL Florida|GA Georgia
HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland
MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire
NJ New Jersey|NM New Mexico|NY New York|NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania
RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|WA Washington
WV West Virginia|WI Wisconsin|WY Wyoming|DC District of Columbia|PR Puerto Rico
AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick|NL Newfoundland and Labrador|NS Nova Scotia
NT Northwest Territories|NU Nunavut|ON Ontario|PE Prince Edward Island|QC Quebec|SK Saskatchewan|YT Yukon
NSW New South Wales|QLD Queensland|SA South Australia|TAS Tasmania|VIC Victoria|WA Western Australia
NT Northern Territory|ACT Australian Capital Territory
"""
_COUNTRIES = """
United States|United States of America|Canada|Australia|New Zealand|United Kingdom|Great Britain|England|Scotland|Wales
Northern Ireland|Ireland|Germany|Deutschland|France|Frankreich|Italy|Italia|Italien|Spain|España|Spanien|Portugal
Austria|Österreich|Switzerland|Schweiz|Suisse|Svizzera|Netherlands|The Netherlands|Nederland|Niederlande|Belgium
Belgique|België|Belgien|Luxembourg|Luxemburg|Denmark|Danmark|Dänemark|Sweden|Sverige|Norway|Norge|Finland|Suomi|Iceland
Poland|Polska|Polen|Czechia|Czech Republic|Česko|Česká republika|Slovakia|Slovensko|Slovenia|Slovenija|Croatia|Hrvatska
Hungary|Magyarország|Romania|România|Bulgaria|България|Greece|Ελλάδα|Turkey|Türkiye|Russia|Россия|Ukraine|Україна
Mexico|México|Brazil|Brasil|Argentina|Chile|Colombia|Peru|India|Japan|日本|China|South Africa|Israel|Cedex
"""


_PAIRS = [state.split(" ", 1) for line in _STATES.split("\n") for state in line.split("|") if state]
_NAMED = dict(zip(keys([name for _, name in _PAIRS]), (code.lower() for code, _ in _PAIRS), strict=True))
# The spelling takes NE, CT and WY for what they are in streets: northeast, court, way.
_CODED = dict(zip(keys([code for code, _ in _PAIRS]), (code.lower() for code, _ in _PAIRS), strict=True))
STATES = {**_CODED, **_NAMED}  # the code of each, by its name and by itself
_LONGEST = 3  # letters of a code
OUTSIDE = frozenset((*_NAMED, *keys([name for line in _COUNTRIES.split("\n") for name in line.split("|") if name])))


def shortened(state: str) -> str:
    """One spelling for a state, written in full or as its postal code.

    >>> [shortened(key) for key in keys(["New Hampshire", "NH", "Bayern"])]
    ['nh', 'nh', 'bayern']
    >>> [shortened(key) for key in keys(["Nebraska", "NE"])]
    ['ne', 'ne']
    """
    return STATES.get(state, state)


def is_outside(word: str) -> bool:
    """Whether a word behind a town is no part of its name: "IL", "Ohio", "France"."""
    return len(word) <= _LONGEST or word in OUTSIDE
