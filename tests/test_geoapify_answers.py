"""What is made of a finished job, whatever comes over the wire: the right row or a typed error, never a shift."""

from __future__ import annotations

import contextlib
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from geopandas_batch.errors import QueryError, StrangeAnswer
from geopandas_batch.places import Location, Query
from geopandas_batch.services.geoapify.job import Delivery, decode
from geopandas_batch.services.geoapify.messages import aligned, question_params

QUERIES = [Query("Oslo"), Query("Bergen"), Query(city="Paris", country="France")]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NUMBERS = st.none() | st.floats() | st.integers() | st.text(max_size=3)
PLACE = st.fixed_dictionaries(
    {},
    optional={"lat": NUMBERS, "lon": NUMBERS, "rank": JSON, "result_type": JSON, "formatted": JSON, "datasource": JSON},
)
RESULT = st.fixed_dictionaries({}, optional={"results": st.lists(PLACE | JSON, max_size=2), "error": JSON}) | JSON
ENTRY = st.fixed_dictionaries(
    {},
    optional={"id": st.sampled_from(["0", "1", "2", 0, 1, 2, "3", "-1", "²", None]), "params": JSON, "result": RESULT},
)


@settings(max_examples=400, deadline=None)
@given(JSON | st.fixed_dictionaries({"results": st.lists(ENTRY | JSON, max_size=5)}))
def test_any_json_gives_one_answer_a_query_or_a_typed_error(data):
    try:
        answers = aligned(data, QUERIES)
    except StrangeAnswer:
        return
    assert len(answers) == len(QUERIES)
    for answer in answers:
        assert answer is None or isinstance(answer, Location | QueryError)
        if isinstance(answer, Location):
            assert abs(answer.lat) <= 90
            assert abs(answer.lon) <= 180


def outcomes(ask) -> list[str]:
    """The answers, or the error of all, in a form that can be compared."""
    try:
        return [f"{type(answer).__name__} {answer}" for answer in ask()]
    except StrangeAnswer as error:
        return [str(error)]


def quick(body: bytes, queries: list[Query] = QUERIES) -> list[str]:
    """What the service makes of the body of a job."""
    data = decode(body, queries)
    if isinstance(data, Delivery):
        return outcomes(lambda: data.answers)
    return outcomes(lambda: aligned(json.loads(body) if data is None else data, queries))


@settings(max_examples=400, deadline=None)
@given(JSON | st.fixed_dictionaries({"results": st.lists(ENTRY | JSON, max_size=5)}))
def test_any_json_means_the_same_whether_it_is_decoded_as_documented_or_as_it_comes(data):
    body = json.dumps(data).encode("utf-8", "surrogatepass")

    assert quick(body) == outcomes(lambda: aligned(json.loads(body), QUERIES))


LINES = [Query(f"{number} Main Street") for number in range(4)]
TEXTS = st.sampled_from(["", "building", "street", "city", "ocean", "match_by_street", "match_by_building"])
FOUND = st.fixed_dictionaries(
    {"lat": st.floats(-90, 90), "lon": st.floats(-180, 180)},
    optional={
        "formatted": st.just("") | st.text(max_size=5),
        "result_type": TEXTS,
        "place_id": st.sampled_from(["", "51ab"]),
        "rank": st.fixed_dictionaries({}, optional={"confidence": st.floats(0, 1), "match_type": TEXTS}),
        "datasource": st.fixed_dictionaries({}, optional={"attribution": st.sampled_from(["", "A", "B"])}),
    },
)
USUAL = FOUND.map(
    lambda place: {"formatted": "X", "result_type": "city", "place_id": "51", "rank": {"confidence": 0.5}} | place
)
SURE = st.sampled_from([{}, {"confidence": -0.2}, {"confidence": -1e-20}])
ODD = st.sampled_from([{"lat": 91.0}, {"lon": -181}, {"distance": 3.0}]) | SURE.map(lambda rank: {"rank": rank})


@settings(max_examples=400, deadline=None)
@given(st.lists(st.lists(USUAL | FOUND, max_size=2), min_size=4, max_size=4), st.none() | ODD)
def test_lines_that_are_read_in_columns_have_the_answers_that_each_would_have_alone(found, odd):
    if odd and found[0]:
        found[0][0] |= odd
    entries = [
        {"id": str(place), "params": {"text": query.text}, "result": {"results": places}}
        for place, (query, places) in enumerate(zip(LINES, found, strict=True))
    ]
    body = json.dumps({"results": entries}).encode("utf-8", "surrogatepass")

    assert quick(body, LINES) == outcomes(lambda: aligned(json.loads(body), LINES))


def documented(place: int) -> dict:
    found = {"lat": place + 0.5, "lon": 1.0, "formatted": f"row {place}", "rank": {"confidence": 0.5}}
    return {"id": str(place), "params": dict(question_params(QUERIES[place])), "result": {"results": [found]}}


PATHS = st.sampled_from([("id",), ("params",), ("params", "text"), ("result",), ("result", "results")]) | st.tuples(
    st.just("result"), st.just("results"), st.just(0), st.sampled_from(["lat", "lon", "rank", "formatted", "distance"])
)


@settings(max_examples=400, deadline=None)
@given(st.permutations(range(3)), st.lists(st.tuples(st.integers(0, 2), PATHS, JSON), max_size=2))
def test_a_damaged_entry_harms_its_own_row_alone_and_no_answer_comes_to_another(order, damages):
    entries = [documented(place) for place in range(3)]
    for place, (*path, last), value in damages:
        inner = entries[place]
        with contextlib.suppress(TypeError, LookupError):  # an earlier damage has taken away what this one is for
            for step in path:
                inner = inner[step]
            inner[last] = value
    whole = set(range(3)) - {place for place, _, _ in damages}
    body = json.dumps({"results": [entries[place] for place in order]}).encode("utf-8", "surrogatepass")

    data = decode(body, QUERIES)
    try:
        answers = data.answers if isinstance(data, Delivery) else aligned(data or json.loads(body), QUERIES)
    except StrangeAnswer:
        assert damages
        return

    ids = [entry["id"] for entry in entries]
    for place, answer in enumerate(answers):
        alone = ids.count(str(place)) + ids.count(place) == 1  # no damaged id is the same as its own
        found = isinstance(answer, Location) and answer.formatted.startswith("row")
        if found or (place in whole and alone):
            assert answer.formatted == f"row {place}"


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_body_that_is_cut_or_has_wrong_bytes_is_a_typed_error_or_gives_as_many_answers(data):
    body = bytearray(json.dumps({"results": [documented(place) for place in range(3)]}).encode())
    for _ in range(data.draw(st.integers(0, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    body = body[: data.draw(st.integers(0, len(body)))]

    delivery = decode(bytes(body), QUERIES)
    if delivery is None:  # what is no JSON either is asked for again
        return
    answers = outcomes(lambda: delivery.answers if isinstance(delivery, Delivery) else aligned(delivery, QUERIES))
    assert len(answers) in (1, 3)
