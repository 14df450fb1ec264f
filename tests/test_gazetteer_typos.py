"""Names with typing errors are put right as if every letter had been tried at every place."""

from __future__ import annotations

import random
from itertools import combinations

import pytest

from geopandas_batch.gazetteer.atlas import Atlas
from geopandas_batch.gazetteer.atlas.typos import Typos

LETTERS = "abcdefghijklmnopqrstuvwxyz "


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return Atlas()


def _draw(atlas: Atlas, rng: random.Random, *, least: int, count: int) -> list[str]:
    """Names in Latin letters."""
    names = map(atlas.names.restore_key, rng.sample(range(len(atlas.names)), 40 * count))
    return [name for name in names if len(name) > least and set(name) <= set(LETTERS)][:count]


def _change(name: str, rng: random.Random) -> str:
    """A letter left out, put in, or another one, or two swapped; the space at the end stays."""
    at = rng.randrange(len(name) - 2)
    head, letter, tail = name[:at], rng.choice(LETTERS[:-1]), name[at + 1 :]
    return rng.choice(
        [head + tail, head + letter + name[at:], head + letter + tail, head + tail[0] + name[at] + tail[1:]]
    )


def _try_everywhere(atlas: Atlas, written: str) -> set[int]:
    """The numbers of the names at one error; of the first letter, only that it is another one."""
    tried = {letter + written[1:] for letter in LETTERS}
    for at in range(1, len(written)):
        tried |= {written[:at] + letter + written[at:] for letter in LETTERS}
    for at in range(1, len(written) - 1):
        head, tail = written[:at], written[at + 1 :]
        tried |= {head + tail, head + tail[0] + written[at] + tail[1:], *(head + letter + tail for letter in LETTERS)}
    return {atlas.names[name] for name in tried if name in atlas.names}


def test_one_error_is_found_wherever_it_is(atlas: Atlas) -> None:
    rng, typos = random.Random(1), Typos(atlas)
    # Many names begin as some of these do; few as the rest.
    written = [_change(name, rng) for name in _draw(atlas, rng, least=6, count=300)]
    written += ["san juan e ", "saint pierre de ", "stefan ", "villar de e ", "north parck "]
    meant = {word: _try_everywhere(atlas, word) for word in written if len(word) > 6 and word not in atlas.names}

    assert sum(map(bool, meant.values())) > 200
    assert {word: {*typos.correct_of_all(word)} for word in meant} == meant


def test_two_errors_in_a_long_name_are_found_wherever_they_are(atlas: Atlas) -> None:
    rng, typos = random.Random(2), Typos(atlas)
    cities = [
        "philadelphia ",
        "san francisco ",
        "johannesburg ",
        "rio de janeiro ",
        "new orleans ",
        "municipality of izola ",
    ]
    written = [
        city[:at] + "y" + city[at:then] + "x" + city[then + 1 :]
        for city in cities
        for at, then in combinations(range(1, len(city) - 2), 2)
    ]
    meant: dict[str, set[int]] = {}
    for word in rng.sample(written, 60):
        rests = (
            word[:one] + word[one + 1 : other] + word[other + 1 :]
            for one, other in combinations(range(1, len(word) - 1), 2)
        )
        omissions = [omission.split("\0") for rest in rests for omission in atlas.typos.keys(rest + "\0")]
        names = {rest[: int(end[:2])] + end[2] + rest[int(end[:2]) :] for rest, end in omissions if int(end[:2])}
        meant[word] = {atlas.names[name] for name in names}

    assert all(meant.values())
    assert {word: {*typos.correct_twice(word)} for word in meant} == meant
