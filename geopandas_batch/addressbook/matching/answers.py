"""What is said of a house, a street or an area that was found, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from typing import TYPE_CHECKING, cast

from geopandas_batch.addressbook.matching import confidence
from geopandas_batch.places import Location, Match, sealed

if TYPE_CHECKING:
    from geopandas_batch.addressbook.matching import Area, Found, Houses
    from geopandas_batch.addressbook.reading.lines import Texts

SPREAD = 0.03  # degrees, about 3 km: streets of one name that are farther apart are two streets

_AROUND = " ,"  # what is left where the book has no postcode or town


class Answers:
    """Answers in the name of a service, with the credit of its table."""

    def __init__(self, service: str, attribution: str) -> None:
        """Of this service."""
        self._service, self._attribution = service, attribution

    def houses(self, houses: Houses, streets: Sequence[str] | Texts) -> list[Location]:
        """The answers to questions that mean one house each; `streets` are those that are asked, of all questions."""
        sure = list(map(confidence.of_house, houses.told))
        reasons = [""] * len(sure)
        for at, found in houses.unlike.items():
            sure[at], reasons[at] = self._unlike(streets[houses.i[at]], found)
        match, service, credit, extra = map(repeat, ("building", self._service, self._attribution, ()))
        shown = map(str.strip, houses.shown, repeat(_AROUND))
        return list(map(sealed, houses.lat, houses.lon, shown, match, sure, reasons, service, credit, extra))

    def street(self, asked: str, number: str, found: list[Found]) -> Location | None:
        """The house, or its street; None where several streets may be meant, or rather one that is not there."""
        houses = [each for each in found if each.number]
        first = houses[0] if houses else found[0]
        same = len({(each.street, each.city.casefold()) for each in found}) == 1
        if len(houses) == 1 and first.single and (same or not first.far):
            sure, reason = self._unlike(asked, first)
            return self._location(first.house_lat, first.house_lon, first.house, "building", sure, reason)
        lats = [each.lat for each in found]
        # Seen from the first one, so that 179.99 and -179.99 are neighbours.
        lons = [first.lon + (each.lon - first.lon + 180) % 360 - 180 for each in found]
        if max(max(lats) - min(lats), max(lons) - min(lons)) > SPREAD or not same or any(each.wide for each in found):
            return None
        missing = bool(number) and not houses
        sure = confidence.of_street(asked, first.street, first.agrees, missing)
        if not sure or (missing and first.moved):
            return None
        if not number:
            reason = "the middle of the street: no number is asked that is surely a house's"
        elif houses:
            reason = f"the middle of the street: there is more than one number {houses[0].number}"
        else:
            reason = "the middle of the street: this number is not in the address book"
        less, unlike = self._unlike(asked, first)
        lat, lon = sum(lats) / len(found), (sum(lons) / len(found) + 180) % 360 - 180
        reason = "; ".join(filter(None, (reason, unlike)))
        return self._location(lat, lon, first.shown, "street", min(sure, less), reason)

    def area(self, street: str, areas: list[Area], streets: list[Found], written: str) -> Location:
        """The postcode or the town, where neither the house nor its street could be told.

        `written` is the key of the town as it is asked, where that was put right.
        """
        codes = [each for each in areas if each.match == "postcode"]
        towns = [each for each in areas if each.match == "city"]
        area = max(codes or towns, key=lambda each: each.houses)
        reason = ""
        if len(streets) > 1:
            reason = f"{len(streets)} streets may be meant, such as {streets[0].name}, {streets[0].city}"
        elif streets and streets[0].moved:
            reason = f"{streets[0].name} is there with another postcode only, and without this number"
        elif streets and streets[0].far:
            reason = f"this street is not in the address book; {streets[0].name} is spelled nearly so"
        elif streets:
            reason = f"houses of {streets[0].name} are far apart: it may be several streets"
        elif street:
            reason = "this street is not in the address book"
        elif area.wide:
            reason = f"several places may be meant by {area.shown}"
        elif not codes and len(towns) > 1:
            reason = f"{len(towns)} towns have this name"
        sure = confidence.POSTCODE if codes else confidence.CITY if len(towns) == 1 else confidence.CITY / len(towns)
        sure = sure / 2 if area.wide else sure
        if written and not codes:
            sure = round(sure * confidence.MISSPELT_ALONE, 2)
            reason = "; ".join(filter(None, (reason, f"the town is taken for {area.shown}, misspelt")))
        return self._location(area.lat, area.lon, area.shown, cast(Match, area.match), sure, reason)

    def _unlike(self, asked: str, found: Found) -> tuple[float, str]:
        """How sure a house is by what is otherwise than in the address, and what that is."""
        sure, reasons = confidence.of_house(found.told), list[str]()
        if found.far:
            sure = confidence.of_misspelt(asked, found.street, found.agrees)
            reasons.append(f"the street is taken for {found.name}, misspelt")
        if found.strange:
            sure = confidence.ANOTHER_TOWN
            reasons.append(f"the town is taken for {found.city}, the only one with this postcode")
        if found.written:
            less = confidence.of_misspelt_town(found.written, found.town)
            sure = sure * less if reasons else min(sure, less)
            reasons.append(f"the town is taken for {found.city}, misspelt")
        if found.moved:
            sure = sure * confidence.MOVED if reasons else confidence.MOVED
            reasons.append("its postcode is another one")
        return round(sure, 2), "; ".join(reasons)

    def _location(
        self, lat: float, lon: float, formatted: str, match: Match, sure: float, reason: str = ""
    ) -> Location:
        lat, lon, formatted = round(lat, 7), round(lon, 7), formatted.strip(_AROUND)
        return sealed(lat, lon, formatted, match, sure, reason, self._service, self._attribution, ())
