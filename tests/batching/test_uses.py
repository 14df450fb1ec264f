"""Real uses: rows of a database by key, and functions that are cheaper in bulk."""

from __future__ import annotations

import asyncio
import os
import queue
import sqlite3
import threading
from concurrent.futures import Future

import numpy as np
import pytest

from geopandas_batch.batching import Batcher, batched

KEYS = 5_000


class Thread:
    """A database connection in a thread of its own, as asynchronous SQLite drivers have it."""

    def __init__(self, connect):
        self._jobs = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, args=(connect,))
        self._thread.start()

    def _work(self, connect):
        connection = connect()
        while (job := self._jobs.get()) is not None:
            future, function = job
            try:
                future.set_result(function(connection))
            except Exception as error:
                future.set_exception(error)
        connection.close()

    async def run(self, function):
        future = Future()
        self._jobs.put((future, function))
        return await asyncio.wrap_future(future)

    def close(self):
        self._jobs.put(None)
        self._thread.join()


class Customers:
    """Rows by key, many a statement."""

    def __init__(self, thread, select, placeholder="?"):
        self.thread = thread
        self.select = select
        self.placeholder = placeholder
        self.statements = 0

    @batched(max_size=500, max_wait=0.01)
    async def name(self, keys: list[int]) -> dict[int, str | None]:
        def rows(connection):
            marks = ", ".join([self.placeholder] * len(keys))
            cursor = connection.cursor()
            cursor.execute(self.select.format(marks), keys)
            return dict(cursor.fetchall())

        self.statements += 1
        return dict.fromkeys(keys) | await self.thread.run(rows)


@pytest.fixture
def sqlite(tmp_path):
    file = tmp_path / "shop.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE customer (key INTEGER PRIMARY KEY, name TEXT NOT NULL)")
        connection.executemany("INSERT INTO customer VALUES (?, ?)", ((key, f"name {key}") for key in range(KEYS)))
    connection.close()
    thread = Thread(lambda: sqlite3.connect(file))
    yield thread
    thread.close()


def test_thousands_of_row_lookups_become_few_statements(sqlite):
    customers = Customers(sqlite, "SELECT key, name FROM customer WHERE key IN ({})")

    async def main():
        return await asyncio.gather(*(customers.name(key % KEYS) for key in range(2 * KEYS)))

    assert asyncio.run(main()) == [f"name {key % KEYS}" for key in range(2 * KEYS)]
    assert customers.statements == KEYS / 500
    assert customers.name.stats.joined == KEYS


def test_a_row_that_is_not_there_is_none_not_an_error(sqlite):
    customers = Customers(sqlite, "SELECT key, name FROM customer WHERE key IN ({})")

    async def main():
        return await asyncio.gather(customers.name(1), customers.name(-1))

    assert asyncio.run(main()) == ["name 1", None]


def test_an_error_of_the_database_reaches_its_callers_and_the_next_statement_works(sqlite):
    customers = Customers(sqlite, "SELECT key, name FROM nowhere WHERE key IN ({})")

    async def main():
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            await customers.name(1)
        customers.select = "SELECT key, name FROM customer WHERE key IN ({})"
        return await customers.name(1)

    assert asyncio.run(main()) == "name 1"


@pytest.mark.skipif(
    "GEOPANDAS_BATCH_TEST_POSTGRES" not in os.environ,
    reason="GEOPANDAS_BATCH_TEST_POSTGRES names no PostgreSQL server (postgresql://user@host/database)",
)
def test_thousands_of_row_lookups_become_few_statements_on_postgresql():
    psycopg = pytest.importorskip("psycopg")

    def connect():
        connection = psycopg.connect(os.environ["GEOPANDAS_BATCH_TEST_POSTGRES"], autocommit=True)
        connection.execute("CREATE TEMPORARY TABLE customer (key bigint PRIMARY KEY, name text NOT NULL)")
        connection.execute(
            "INSERT INTO customer SELECT key, 'name ' || key FROM generate_series(0, %s) key", [KEYS - 1]
        )
        return connection

    thread = Thread(connect)
    customers = Customers(thread, "SELECT key, name FROM customer WHERE key IN ({})", placeholder="%s")

    async def main():
        return await asyncio.gather(*map(customers.name, range(KEYS)))

    try:
        assert asyncio.run(main()) == [f"name {key}" for key in range(KEYS)]
    finally:
        thread.close()
    assert customers.statements == KEYS / 500


def test_a_function_that_is_cheaper_in_bulk_is_called_in_bulk():
    """The nearest of many points: one matrix for a thousand callers instead of a thousand passes."""
    points = np.random.default_rng(1).uniform(-1, 1, size=(2_000, 2))
    wanted = [(x / 1000, -x / 1000) for x in range(1000)]
    sizes = []

    def nearest(places):
        sizes.append(len(places))
        squares = (np.array(places)[:, None, :] - points[None, :, :]) ** 2
        return squares.sum(axis=2).argmin(axis=1)

    async def in_a_thread(places):
        return await asyncio.to_thread(nearest, places)

    async def main():
        async with Batcher(in_a_thread, max_size=250, max_wait=0) as find:
            return await asyncio.gather(*map(find, wanted))

    answers = asyncio.run(main())

    assert sizes == [250] * 4
    assert answers == [nearest([place])[0] for place in wanted]
