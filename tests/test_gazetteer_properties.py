"""What holds for any text at all."""

from __future__ import annotations

import csv
import random
import re
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from geopandas_batch import gazetteer
from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.atlas.spelling import code_key, fold, key
from geopandas_batch.gazetteer.geocoder import Gazetteer
from geopandas_batch.gazetteer.reading.abbreviations import Abbreviations
from geopandas_batch.gazetteer.reading.cutting import cut, cut_easy
from geopandas_batch.places import MATCHES, Query

ADDRESSES: list[str] = []
for _name in ("addresses.csv", "gazetteer_dev.csv", "gazetteer_heldout.csv", "gazetteer_everyday.csv"):
    with (Path(__file__).parent / _name).open(encoding="utf-8", newline="") as _file:
        ADDRESSES += [row["address"] for row in csv.DictReader(_file)]

words = st.sampled_from(sorted({word for address in ADDRESSES for word in address.split()}))
# Texts made of the words of addresses reach deeper than random letters; both are needed.
texts = st.one_of(st.text(max_size=60), st.lists(st.one_of(words, st.text(max_size=5)), max_size=8).map(" ".join))


@given(texts)
@example("0000 AA  ")  # a postcode and nothing behind it but blanks
@example("3ra Calle  La Ceiba  Atlántida  Honduras")  # a name that is put right as it stands, in another sense
@settings(max_examples=500, deadline=None)
def test_any_text_gives_an_answer_or_none(text: str) -> None:
    (answer,) = gazetteer.load().locate_many([Query(text)])

    assert answer is None or (
        -90 <= answer.lat <= 90
        and -180 <= answer.lon <= 180
        and 0 < answer.confidence < 1
        and answer.match in MATCHES[2:-1]
    )


@given(st.builds(Query, st.just(""), *[texts] * 6))
@settings(max_examples=200, deadline=None)
def test_any_parts_give_an_answer_or_none(query: Query) -> None:
    (answer,) = gazetteer.load().locate_many([query])

    assert answer is None or 0 < answer.confidence < 1


@given(st.lists(st.sampled_from(ADDRESSES), max_size=6), st.randoms())
@settings(max_examples=50, deadline=None)
def test_the_order_of_rows_changes_no_answer(addresses: list[str], random) -> None:  # type: ignore[no-untyped-def]
    shuffled = random.sample(addresses, len(addresses))
    answers = dict(zip(addresses, gazetteer.load().locate_many([*map(Query, addresses)]), strict=True))

    assert gazetteer.load().locate_many([*map(Query, shuffled)]) == [answers[address] for address in shuffled]


@pytest.mark.parametrize(
    ("before", "address"),
    [
        ("Göteborg, Monterrey", "Domingo, Monterrey"),  # what the first part said was a rival of the one answer only
        ("BA, Joralemon", "BA, 700016"),  # the same first part, with a number behind it
    ],
)
def test_what_was_asked_before_changes_no_answer(before: str, address: str) -> None:
    asked = [*map(Query, [before] * 3 + [f"{number}, Oslo" for number in range(200)] + [address])]

    assert Gazetteer().locate_many(asked)[-1] == Gazetteer().locate_many([Query(address)])[0]


def test_the_houses_of_a_street_change_no_answer_of_another() -> None:
    """Streets and ends that came before are remembered without their numbers; some numbers are postcodes or names."""
    numbers = (1, 7, 8, 12, 101, 440, 1055, 10115)
    houses = [f"{number} {address}" for address in [*ADDRESSES[::3], "Dublin"] for number in numbers]
    streets = [re.sub(r"\d+", str(number), address, count=1) for address in ADDRESSES[::3] for number in numbers]
    asked = [*dict.fromkeys([*houses, *streets, *(f"Dublin {number}, Ireland" for number in range(1, 25))])]
    mixed = random.Random(2).sample(asked, len(asked))
    answers = dict(zip(asked, Gazetteer().locate_many([*map(Query, asked)]), strict=True))

    assert Gazetteer().locate_many([*map(Query, mixed)]) == [answers[address] for address in mixed]


@given(st.sampled_from(ADDRESSES), st.sampled_from([" ", "  ", "\t", "\n", "\u00a0", " \r\n "]))
@settings(max_examples=100, deadline=None)
def test_extra_spaces_change_no_answer(address: str, space: str) -> None:
    spaced = space + space.join(address.split()) + space

    assert gazetteer.load().locate_many([Query(spaced)]) == gazetteer.load().locate_many([Query(address)])


def test_capitals_change_no_answer() -> None:
    capitals = gazetteer.load().locate_many([Query(address.upper()) for address in ADDRESSES])

    assert capitals == gazetteer.load().locate_many([*map(Query, ADDRESSES)])


@given(st.sampled_from(ADDRESSES))
@settings(max_examples=150, deadline=None)
def test_the_country_behind_an_address_changes_no_answer(address: str) -> None:
    places = gazetteer.load()
    alone = places.locate(Query(address))
    assume(alone is not None and alone.location.match in ("postcode", "city"))
    assert alone is not None
    country = places._atlas.label(places._atlas.regions + alone.country)
    (named,) = places.locate_many([Query(f"{address}, {country}")])

    assert named is not None
    assert (*named,) == (*alone.location,)


@pytest.fixture(scope="module")
def abbreviations() -> Abbreviations:
    return Abbreviations(Atlas())


@given(st.lists(st.tuples(words, st.sampled_from([*" ,&./-'’", ", ", " - ", ". ", ", N "])), min_size=1, max_size=8))
@example([("Depto", ". "), ("5", ", "), ("Newcastle", "-"), ("u", "-"), ("Lyme", "")])
@settings(max_examples=200, deadline=None)
def test_an_easy_address_is_cut_as_any_other(abbreviations: Abbreviations, pairs: list[tuple[str, str]]) -> None:
    text = "".join(word + mark for word, mark in pairs)
    tokens, parts = cut_easy(text)
    assume(tokens)

    assert parts == cut(abbreviations.write_out(text))
    assert tokens == [token for part in parts for token in part]


@given(texts)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert key(key(text)) == key(text)


@given(texts)
def test_a_code_key_has_only_letters_and_digits(text: str) -> None:
    assert code_key(text).isalnum() or not code_key(text)


@given(texts)
def test_folded_text_has_no_capitals_and_no_punctuation_but_commas(text: str) -> None:
    folded = fold(text)

    assert not any(character in ".;:!?()[]\"'" for character in folded)


@given(st.sampled_from(ADDRESSES), st.sampled_from(["nfd", "wide", "quoted", "right to left", "mark"]))
@settings(max_examples=150, deadline=None)
@example("Mülheim a. d. Ruhr", "nfd")
@example("Bad Homburg v.d.H.", "quoted")
@example("Frankfurt (Oder), Germany", "wide")
@example("Kraków-Podgórze", "mark")
@example("Mülheim a.d. Ruhr", "right to left")
def test_what_is_not_seen_changes_no_answer(address: str, kind: str) -> None:
    wide = "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in address)
    kinds = {"nfd": unicodedata.normalize("NFD", address), "wide": wide, "quoted": f'"{address}"'}
    kinds |= {"right to left": f"\u200f{address}\u200f", "mark": f"\ufeff{address}"}
    # What is joined here may have been written apart: "é" as two letters.
    plain = unicodedata.normalize("NFC", address)

    assert gazetteer.load().locate_many([Query(kinds[kind])]) == gazetteer.load().locate_many([Query(plain)])


def test_a_column_of_texts_that_cannot_be_encoded_is_looked_at_as_a_whole() -> None:
    queries = [Query(f"{number} rue \ud800, Paris") for number in range(6000)]

    assert gazetteer.load().context_of(queries) in ("", "FR/Île-de-France")


@pytest.mark.parametrize("text", ["Paris" + " " * 50_000 + "area", "University of " + "x " * 20_000, " ," * 20_000])
def test_a_long_text_takes_no_longer_than_in_proportion(text: str) -> None:
    start = time.process_time()

    gazetteer.load().locate_many([Query(text)])

    assert time.process_time() - start < 5  # minutes, where it takes the square of the time
