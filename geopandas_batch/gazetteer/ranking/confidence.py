"""How likely an answer is right, by what speaks for it."""

from __future__ import annotations

import math
from typing import Literal

from geopandas_batch.gazetteer.ranking.candidates import Candidate
from geopandas_batch.gazetteer.ranking.doubts import more_follows
from geopandas_batch.gazetteer.ranking.trust import BARE_AFTER_STREET, WELL_KNOWN, is_native
from geopandas_batch.gazetteer.reading import Reading

# The confidence of an answer without a rival, by what speaks for it: at most the share that was right (within 25 km) of
# addresses that no test has. They are 315 of OpenCage's address-formatting test cases, as they are and without their
# end, postcode or commas, in capitals, with a typing error, and 40,000 lines made of places drawn by their people to
# the power of 0.7: one in eight with a typing error, one in 33 of a place that was hidden from the matcher.
_POST, _AGREED, _MAYBE_REGION = 0.98, 0.93, 0.7  # 99.9, 99.3 and 71 % were right
_IN_TEXT_AT_END, _CORRECTED, _CORRECTED_BARE = 0.84, 0.84, 0.6  # 96, 96 and 85 %
# 89 % of small places with a typing error; but of those in no file, 6 % are one letter from the name of another.
_CORRECTED_VILLAGE = 0.65
_IN_TEXT, _IN_TEXT_NUMBERED, _SECOND_IN_TEXT = 0.45, 0.7, 0.3  # 90, 91 and 46 %; what has no number may be a sentence
# Chosen, not measured. Few write the other name of a village of three thousand: "Bellville, PA" is Belleville misspelt.
_VILLAGE, _OTHER_NAME = math.log10(3_000), 0.84
_DENIED, _RESTORED = 0.5, 0.84  # chosen, not measured: the second is just below what counts as sure
# A name that is all an address says: 97 to 99 % were right, but what stands in a column need not be an address, and
# small towns share their names with people, firms and things. Those have no house number.
_BARE_CAPS = ((math.log10(50_000), 0.8), (math.log10(15_000), 0.76), (math.log10(3_000), 0.68), (-math.inf, 0.55))
_NUMBERED, MOST_BARE, _MANY_NAMES = 0.08, 0.83, 0.5
_SECOND, _RARE_SECOND = -0.25, -0.3  # 57 % of all
_AT_HOME, _ABROAD = 0.12, 0.48  # 99 % of villages and 99.8 % of towns at home, in tables of one country

Home = Literal["here", "elsewhere", "abroad", "unknown"]
"""In the countries or regions of the context, elsewhere in these countries, or abroad; without a context, unknown."""


def weigh_confidence(
    best: Candidate,
    margin: float,
    reading: Reading,
    *,
    home: Home = "unknown",
    contradicted: bool = False,
    doubtful: bool = False,
) -> float:
    """From the lead over the rival and from what agrees; the caps are what each kind of context is worth at best.

    `home`: where it is, beside most of the addresses that were asked with it. `contradicted`: its postcode is somewhere
    else. `doubtful`: its postcode, with which no item agrees, has lost zeros, or may be a house's
    number.
    """
    span, agreed = best.span, best.agreed
    if contradicted or (best.denied and best.post < 0):
        cap = _DENIED
    elif span.corrected:
        agrees = agreed or best.post >= 0
        cap = _CORRECTED_BARE if not agrees else _CORRECTED if best.size >= WELL_KNOWN else _CORRECTED_VILLAGE
    elif best.post >= 0:
        other = best.second_name and not span.clear and not best.exact_post and not is_native(best, reading)
        cap = _DENIED if other and not agreed else _POST  # "50116 Le Mot-Saint-Michel" is not Finland's
        if doubtful:
            cap = _DENIED if best.second_name or not span.clear else _RESTORED
    elif not span.clear:
        cap = _IN_TEXT_AT_END if span.at_end and agreed else _cap_in_text(best, reading)
    elif span.part and _may_be_region(reading, best):
        cap = _MAYBE_REGION
    elif agreed and best.second_name and best.size < _VILLAGE and not is_native(best, reading):
        cap = _OTHER_NAME
    elif agreed:
        in_street = not span.part and reading.has_number(0) and more_follows(best, reading)
        cap = _MAYBE_REGION if in_street else _AGREED
    else:
        cap = _cap_bare(best, reading, home)
    lead = 1 / (1 + math.exp(-(margin - 0.2) / 0.6))
    return cap * lead


def _cap_bare(best: Candidate, reading: Reading, home: Home) -> float:
    """What a name is worth that is all an address says of a place."""
    cap = max([cap for least, cap in _BARE_CAPS if best.size >= least])
    numbered = True in reading.numeric
    if numbered:
        cap = min(cap + _NUMBERED, MOST_BARE)
    if best.second_name and not is_native(best, reading):
        cap += _SECOND if best.size >= BARE_AFTER_STREET or len(best.span.name.places) > 1 else _RARE_SECOND
    if not best.span.part and (not numbered or reading.has_number(0)):
        for contents in reading.contents[1:]:
            if False in contents.light:
                cap = min(cap, _MANY_NAMES)  # more follows that is no place: "Nelson, Miller and Cook"
                break
    return cap + _AT_HOME if home == "here" else min(cap, _ABROAD) if home == "abroad" else cap


def _cap_in_text(best: Candidate, reading: Reading) -> float:
    """What a name within a text that says nothing else of a place is worth: it may be a person's, or a firm's."""
    if best.second_name and not is_native(best, reading):
        return _SECOND_IN_TEXT
    return _IN_TEXT_NUMBERED if True in reading.numeric else _IN_TEXT


def _may_be_region(reading: Reading, best: Candidate) -> bool:
    """Whether the name may mean a region or district in which an unknown town lies: "East Sound, Washington"."""
    span = best.span
    if not reading.contents[span.part].items or not reading.leaves_a_name(span.part):
        return False
    own = [item for item in reading.items if item.start == span.start and item.end == span.end]
    return any((item.regions or (item.districts and not best.agreed)) and not reading.names_again(item) for item in own)
