"""Which column is the address, where nobody says: by what headers are called in many a country."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# Words of headers, in English, German, French, Spanish, Portuguese, Italian, Dutch, Polish and the Nordic languages.
_WORDS = {
    "address": "address addresses adresse adressen anschrift direccion domicilio endereco indirizzo adres adresa adress"
    " adresss fulladdress location addr",
    "housenumber": "housenumber houseno hausnummer hausnr hsnr hnr numero huisnummer civico husnr husnummer nr streetno"
    " streetnumber strassennummer strassennr",
    "street": "street strasse str rue calle via rua straat ulica gate gata vej vei gatuadress gateadresse street1"
    " address1 addressline1 addresse1 voie streetname strassenname adresszeile",
    "city": "city town ort stadt ville ciudad cidade citta comune commune plaats woonplaats miasto miejscowosc by stad"
    " kommune municipality locality suburb poststed postort wohnort ortschaft",
    "postcode": "postcode zip zipcode postalcode plz postleitzahl codepostal cp codigopostal cep cap kodpocztowy"
    " postnummer postnr zippostalcode",
    "state": "state province region bundesland provincia estado wojewodztwo county",
    "country": "country land pays pais paese kraj countrycode nation staat",
}
_KIND_OF = {word: kind for kind, words in _WORDS.items() for word in words.split()}
# These mean something else beside another word: "Kunden-Nr.", "Created by", "Via agent".
_ALONE = {"nr", "numero", "by", "via", "cp", "cap", "cep", "gate", "location"}
_ELSEWHERE = {"email", "mail", "ip", "web", "mac"}  # addresses that are no places
_ORDER = ("housenumber", "street", "city", "postcode", "state", "country")


def propose(names: Sequence[str]) -> list[str]:
    """What to give as ``--address``, likeliest first; empty where nothing looks like an address.

    Examples
    --------
    >>> propose(["id", "Straße", "PLZ", "Ort"])
    ['{Straße}, {PLZ} {Ort}']
    >>> propose(["Customer address", "Name"])
    ['Customer address']
    >>> propose(["Kunden-Nr.", "Straße", "Hsnr.", "PLZ", "Ort", "Created by"])
    ['{Straße} {Hsnr.}, {PLZ} {Ort}']
    """
    kinds = [_kind(name) for name in names]
    whole = [name for name, kind in zip(names, kinds, strict=True) if kind == "address" and _usable(names, name)]
    parts: dict[str, str] = {}
    for name, kind in zip(names, kinds, strict=True):
        if kind in _ORDER and _usable(names, name):
            parts.setdefault(kind, name)
    found = list(whole)
    if "street" in parts and ("city" in parts or "postcode" in parts):
        found.append(_template(parts, "street"))
    # The street and the number are called "address" where the town has a column of its own.
    for name in reversed(whole):
        if "city" in parts or "postcode" in parts:
            found.insert(0, _template({**parts, "street": name}, "street"))
    if not found and ("city" in parts or "postcode" in parts):
        found.append(_template(parts, ""))
    return list(dict.fromkeys(found))


def _template(parts: dict[str, str], street: str) -> str:
    def field(kind: str) -> str:
        return f"{{{parts[kind]}}}" if kind in parts else ""

    first = " ".join(filter(None, (field("street"), field("housenumber")))) if street else ""
    town = " ".join(filter(None, (field("postcode"), field("city"))))
    return ", ".join(filter(None, (first, town, field("state"), field("country"))))


def _kind(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss").replace("ł", "l").casefold())
    words = re.findall(r"[a-z0-9]+", plain.encode("ascii", "ignore").decode())
    joined = "".join(words)
    if joined in _KIND_OF:
        return _KIND_OF[joined]
    if _ELSEWHERE & set(words) or re.search(r"\D[2-9]$", joined):  # "Address Line 2" is a flat or a firm
        return ""
    kinds = {_KIND_OF[word] for word in words if word in _KIND_OF and word not in _ALONE}
    if "address" in kinds or any(word.endswith(("adresse", "anschrift")) for word in words):
        return "address"
    if kinds in ({"street", "housenumber"}, {"postcode", "city"}):  # two in one column: "Straße/Hausnr.", "PLZ Ort"
        return "street" if "street" in kinds else "city"
    return kinds.pop() if len(kinds) == 1 else ""


def _usable(names: Sequence[str], name: str) -> bool:
    return list(names).count(name) == 1 and not set(name) & set("{}:!")
