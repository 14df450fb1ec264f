"""Answers in columns say the same as one object for each, of whatever pieces they are, and each stands at its place."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geopandas_batch import locate
from geopandas_batch.batching.answers import align
from geopandas_batch.frames.fields import Fields
from geopandas_batch.frames.results import strict
from geopandas_batch.locator.outcomes import Outcomes, outcome_of
from geopandas_batch.places import DETAILS, MATCHES, Location, Outcome, Point, Query
from geopandas_batch.places.blocks import Block, Keyed, keyed
from geopandas_batch.places.lines import Lines, briefly, in_full, texts_of
from geopandas_batch.store import Store
from geopandas_batch.store.keys import Keys
from geopandas_batch.store.rows import bodies

EXTRAS = ("result_type", "place_id", "distance", "attribution")
NAMES = ("lat", "lon", *DETAILS, *EXTRAS)

numbers = st.integers(0, 80)
found = st.builds(
    lambda n, sure, match, extra: Location(
        n / 2, float(-n), f"place {n}", MATCHES[match], sure / 10, "", "office", f"© {n % 3}",
        (("result_type", MATCHES[match]), ("place_id", str(n))) if extra else (),
    ),
    numbers, st.integers(0, 10), st.integers(0, 6), st.just(True),
)  # fmt: skip


def block_of(places: list[Location], service: str = "office") -> Block:
    return Block(
        service,
        np.array([place.lat for place in places], float),
        np.array([place.lon for place in places], float),
        np.array([place.confidence for place in places], float),
        np.array([MATCHES.index(place.match) for place in places], np.int8),
        [place.formatted for place in places],
        [place.attribution for place in places],
        {name: [dict(place.extra)[name] for place in places] for name in ("result_type", "place_id")},
    )


one = st.one_of(
    st.just(Outcome(None, "blank")),
    st.just(Outcome(None, "failed", "no answer", "office")),
    st.builds(lambda place: Outcome(place, "located", "told by a person", "person", True), found),
    st.none(),  # nothing is known of it
)
pieces = st.lists(
    st.one_of(
        st.tuples(st.just("block"), st.lists(found, min_size=1, max_size=5), st.booleans()),
        st.tuples(st.just("list"), st.lists(found | st.none(), min_size=1, max_size=5), st.booleans()),
        st.tuples(st.just("alone"), st.lists(one, min_size=1, max_size=3), st.just(False)),
    ),
    max_size=8,
)


def filled(parts, order) -> tuple[Outcomes, list[Outcome | None]]:
    """The same outcomes as they come in pieces, in any order, and one by one."""
    listed: list[Outcome | None] = []
    starts = []
    for kind, answers, cached in parts:
        starts.append(len(listed))
        listed += answers if kind == "alone" else [outcome_of(each, "office", cached=cached) for each in answers]
    outcomes = Outcomes(len(listed))
    for number in order:
        kind, answers, cached = parts[number]
        if kind == "alone":
            for place, outcome in enumerate(answers, starts[number]):
                if outcome is not None:
                    outcomes[place] = outcome
        else:
            outcomes.settle(starts[number], block_of(answers) if kind == "block" else answers, "office", cached=cached)
    return outcomes, listed


def shown(answers: Fields) -> pd.DataFrame:
    return pd.DataFrame({name: answers.column(name) for name in NAMES})


@settings(max_examples=150, deadline=None)
@given(st.data(), pieces, st.none() | st.integers(0, 10))
def test_outcomes_in_pieces_are_those_one_by_one(data, parts, least):
    outcomes, listed = filled(parts, data.draw(st.permutations(range(len(parts)))))
    missing, behind = Outcome(None, "skipped", "not asked"), [Outcome(None, "failed", "no point")]

    assert list(outcomes) == listed
    assert [outcomes[place] for place in range(len(listed))] == listed == outcomes[:]
    some = data.draw(st.lists(st.sampled_from(range(len(listed))), max_size=9)) if listed else []
    assert list(outcomes.at(some)) == [listed[place] for place in some]
    assert outcomes.left == listed.count(None)
    assert outcomes.locations == [outcome and outcome.location for outcome in listed]
    ended = outcomes.ended(missing, behind)
    plain = [outcome or missing for outcome in listed] + behind
    assert list(ended) == plain
    assert ended.skipped == [place for place, outcome in enumerate(plain) if outcome.status == "skipped"]
    assert list(outcomes) == listed  # the end has changed nothing

    answers, wanted = Fields(ended), Fields(plain)
    if least is not None:
        answers, wanted = strict(ended, least / 10), strict(Outcomes.of(plain), least / 10)
        weak = [each for each in plain if each.location is not None and each.location.confidence < least / 10]
        assert sum(outcome.reason.startswith("confidence") for outcome in answers.outcomes) == len(weak)
        assert list(answers.outcomes) == list(wanted.outcomes) == list(answers.outcomes.at(range(len(plain))))
        for place, outcome in enumerate(plain):
            if outcome.location is None or outcome.location.confidence >= least / 10:
                assert answers.outcome(place) == outcome
            else:
                assert answers.outcome(place).status == "not_found"
                assert answers.outcome(place)[0::3] == outcome[0::3]  # the place itself, and who found it
    pd.testing.assert_frame_equal(shown(answers), shown(wanted))
    pd.testing.assert_frame_equal(shown(answers.and_a_blank()), shown(wanted.and_a_blank()))
    assert answers.statuses.tolist() == wanted.statuses.tolist()
    assert answers.cached.tolist() == [outcome.cached for outcome in plain]
    assert answers.credits == wanted.credits


def test_a_confidence_in_a_shorter_number_is_held_back_alike_by_itself_and_in_its_column():
    """0.7 in 32 bits is less than 0.7, which NumPy compares in 32 bits."""

    async def office(addresses):
        return [Location(1.0, 2.0, confidence=np.float32(0.7)) for _ in addresses]

    for count in (1, 3):
        rows = [f"{number} Main Street" for number in range(count)]
        located = locate(rows, service=office, min_confidence=0.7, details=True, cache=False)
        assert located["status"].tolist() == ["not_found"] * count
        assert located["reason"].tolist() == ["confidence 0.70 is below 0.7"] * count
        assert len(located.geo.failures()) == count


def test_what_is_said_of_a_weak_match_is_the_same_in_the_column_and_of_the_row():
    answers = [
        Location(1.0, 2.0, confidence=0.9, reason="sure, and said so"),
        Location(1.0, 2.0, confidence=0.2, reason="so is its rival"),
        Location(1.0, 2.0),
        None,
    ]

    async def office(addresses):
        return answers

    located = locate(["a", "b", "c", "d"], service=office, min_confidence=0.5, details=True, cache=False)

    assert located["reason"].tolist() == [
        "sure, and said so",
        "confidence 0.20 is below 0.5; so is its rival",
        "confidence unknown is below 0.5",
        "no match",
    ]
    assert located["status"].tolist() == ["located", "not_found", "not_found", "not_found"]
    assert [each.reason for each in located.geo.report.failures] == located["reason"].tolist()[1:]


@given(st.lists(found, min_size=1, max_size=9), st.data())
def test_a_block_is_the_list_of_its_places(places, data):
    block = block_of(places)
    part = slice(data.draw(st.integers(0, 9)), data.draw(st.integers(0, 9)))

    assert list(block) == places == [block[place] for place in range(len(places))]
    assert list(block[part]) == places[part]
    assert block[-1] == places[-1]
    assert list(Block.joined([block, block[part]])) == places + places[part]
    for name in ("lat", "formatted", "match", "confidence", "reason", "service", "extra"):
        assert list(block.column(name)) == [getattr(place, name) for place in places]
    assert align(block, places) is block


def test_blocks_of_two_services_are_not_joined():
    place = Location(1.0, 2.0, "here", "city", 1.0, "", "a", "©", (("result_type", "city"), ("place_id", "1")))

    assert Block.joined([block_of([place], "a"), block_of([place], "b")]) is None


@given(st.lists(found, min_size=1, max_size=9))
def test_what_is_written_of_a_block_is_what_is_written_of_its_places(places):
    keys = [bytes([number]) * 16 for number in range(len(places))]
    block = keyed(keys, block_of(places))

    assert isinstance(block, Keyed)
    assert bodies(block) == bodies(dict(zip(keys, places, strict=True)))
    store = Store(None)
    store.keep(block, service="office")
    assert store.answers(keys) == dict(zip(keys, places, strict=True)) == dict(block)


def test_a_place_without_a_confidence_is_kept_without_one():
    place = Location(1.0, 2.0, "here", "city", math.nan, "", "a", "©", (("result_type", "city"), ("place_id", "1")))
    store, key = Store(None), b"k" * 16
    store.keep(keyed([key], block_of([place], "a")), service="a")

    assert store.answers([key])[key] == place


def test_parts_are_joined_only_where_they_are_all_and_in_their_order():
    places = [Location(float(n), 0.5, f"{n}", extra=(("result_type", ""), ("place_id", ""))) for n in range(4)]
    keys = [bytes([number]) * 16 for number in range(4)]
    first, second = keyed(keys[:2], block_of(places[:2])), keyed(keys[2:], block_of(places[2:]))

    whole = Keyed.joined([first, second], keys)
    assert whole is not None
    assert [place.formatted for place in whole.block] == ["0", "1", "2", "3"]
    assert Keyed.joined([second, first], keys) is None
    assert Keyed.joined([first], keys) is None
    assert Keyed.joined([first, dict(second)], keys) is None
    assert Keyed.joined([], []) is None


def test_two_questions_with_one_key_are_no_block():
    block = block_of([Location(float(n), 0.5, extra=(("result_type", ""), ("place_id", ""))) for n in range(2)])

    assert keyed([b"k" * 16] * 2, block) == {b"k" * 16: block[1]}
    with pytest.raises(ValueError, match="longer"):
        keyed([b"k" * 16], block)


@given(st.lists(st.text(min_size=1), max_size=5))
def test_lines_are_queries(texts):
    lines, queries = Lines(texts), [Query(text) for text in texts]

    assert list(lines) == queries == [lines[place] for place in range(len(lines))]
    assert list(lines[1:3]) == queries[1:3]
    assert all(query in lines for query in queries)
    assert Query() not in lines
    assert Query("x" * 9, city="Oslo") not in lines
    assert texts_of(lines) == texts == texts_of(queries)
    assert list(in_full(briefly(lines))) == queries
    assert list(in_full([*texts, *queries, Query(city="Oslo")])) == [*queries, *queries, Query(city="Oslo")]
    keys = Keys("office", {})
    assert keys.keys(lines) == keys.keys(queries) == [keys.key(query) for query in queries]
    assert list(pickle.loads(pickle.dumps(lines))) == queries


def test_what_has_parts_or_is_a_point_is_no_line():
    assert texts_of([Query("Oslo"), Query(city="Oslo")]) == []
    assert texts_of([Point(1.0, 2.0)]) == []
    assert in_full([Point(1.0, 2.0)]) == [Point(1.0, 2.0)]
