"""A book of a million houses: pytest -s tests/benchmarks/test_addressbook_speed.py."""

from __future__ import annotations

import time

import addressbook_noise as noise
import pytest

from geopandas_batch.services import AddressBook


@pytest.fixture(scope="module")
def made_up(tmp_path_factory) -> tuple[list, AddressBook]:
    folder = tmp_path_factory.mktemp("book")
    houses = noise.book(1_000_000)
    book = AddressBook(noise.write(houses, folder / "houses.csv"), folder=folder, progress=False)
    start = time.process_time()
    index = book.index()
    print(f"\nimport: {time.process_time() - start:.1f} s of processor time, {index.stat().st_size / 1e6:.0f} MB")
    return houses, book


@pytest.mark.parametrize("lines", [False, True])
def test_addresses_a_second(made_up, lines: bool) -> None:
    """Of processor time, since other work may share it; the least of three; each batch of other addresses."""
    houses, book = made_up
    size = book.limits.batch_size
    taken, right, meant, wrong = [], 0, 0, 0
    for seed in range(3):
        asked = noise.questions(houses, size, seed=seed, lines=lines)
        queries = [question.query for question in asked]
        start = time.process_time()
        places = book._locate_many(queries)
        taken.append(time.process_time() - start)
        meant += sum(question.kind == "house" for question in asked)
        for question, place in zip(asked, places, strict=True):
            if place is not None and place.match == "building":
                house = question.house
                hit = question.kind == "house" and abs(place.lat - house.lat) + abs(place.lon - house.lon) < 1e-4
                right, wrong = right + hit, wrong + (not hit)
    rate = size / min(taken)
    print(
        f"\n{'lines' if lines else 'parts'}: {rate:,.0f} addresses a second, {right / meant:.1%} right, {wrong} wrong"
    )
    assert right >= 0.97 * meant
    assert wrong < 0.001 * 3 * size
    assert rate >= 25_000
