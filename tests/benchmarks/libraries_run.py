"""The least that new rows cost: ``libraries_run.py URL KEY ADDRESSES FILE`` prints microseconds an address, by step.

The same work as a run with new addresses, done by the same libraries with nothing around them: no questions or places
as objects, no batcher, no second look for what other processes bought meanwhile, no errors, no report. In the end, each
answer is in the file and in two columns.
"""

import asyncio
import json
import sqlite3
import sys
import time
from contextlib import contextmanager
from hashlib import blake2b

import aiohttp
import msgspec
import numpy as np
import pandas as pd

BATCH = 1000
costs = dict.fromkeys(("factorize", "keys", "look-up", "JSON out", "HTTP", "JSON in", "columns", "disk"), 0.0)


class Rank(msgspec.Struct, frozen=True, gc=False):
    confidence: float
    match_type: str


class Place(msgspec.Struct, gc=False):
    lat: float
    lon: float
    formatted: str
    result_type: str
    place_id: str
    rank: Rank


class Result(msgspec.Struct, gc=False):
    results: tuple[Place, ...]


class Entry(msgspec.Struct, gc=False):
    id: str
    result: Result


class Job(msgspec.Struct, gc=False):
    results: list[Entry]


class Question(msgspec.Struct, gc=False):
    id: str
    params: dict[str, str]


@contextmanager
def counted(step):
    started = time.process_time()
    yield
    costs[step] += time.process_time() - started


async def main(url, key, addresses, file):
    frame = pd.DataFrame({"a": np.array([f"{n} Main Street, Springfield" for n in range(addresses)], object)})
    db = sqlite3.connect(file, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("CREATE TABLE job (keys BLOB, questions BLOB)")
    db.execute("CREATE TABLE answer (at INTEGER PRIMARY KEY, key BLOB, body BLOB)")
    db.execute("CREATE TABLE position (place INTEGER PRIMARY KEY, at INTEGER)")
    decode, lat, lon = msgspec.json.Decoder(Job).decode, np.empty(addresses), np.empty(addresses)
    with counted("factorize"):
        codes, found = pd.factorize(frame["a"])
        texts = found.to_numpy(object).tolist()
    async with aiohttp.ClientSession(headers={"x-api-key": key}) as session:
        for start in range(0, addresses, BATCH):
            part = texts[start : start + BATCH]
            with counted("keys"):
                keys = [blake2b(text.encode(), digest_size=16).digest() for text in part]
            with counted("look-up"):
                places = (np.frombuffer(b"".join(keys), ">i8")[::2] & (2**63 - 1)).tolist()
                known = db.execute(
                    "SELECT place FROM json_each(?) JOIN position ON place = value", [json.dumps(sorted(places))]
                )
                assert not known.fetchall()
            with counted("JSON out"):
                inputs = [Question(str(number), {"text": text}) for number, text in enumerate(part)]
                params = {"format": "json", "limit": "1"}
                body = msgspec.json.encode({"api": "/v1/geocode/search", "params": params, "inputs": inputs})
            with counted("disk"):
                db.execute("INSERT INTO job VALUES (?, ?)", (b"".join(keys), msgspec.json.encode(part)))
            with counted("HTTP"):
                async with session.post(f"{url}/batch", data=body) as reply:
                    job = (await reply.json())["id"]
                status = 202
                while status == 202:
                    async with session.get(f"{url}/batch", params={"id": job}) as reply:
                        status, body = reply.status, await reply.read()
            with counted("JSON in"):
                answers = [entry.result.results[0] for entry in decode(body).results]
            with counted("columns"):
                lat[start : start + BATCH] = [place.lat for place in answers]
                lon[start : start + BATCH] = [place.lon for place in answers]
            with counted("disk"):
                bodies = list(map(msgspec.msgpack.encode, answers))
                db.execute("BEGIN")
                rows = range(start, start + len(part))
                db.executemany("INSERT INTO answer VALUES (?, ?, ?)", zip(rows, keys, bodies, strict=True))
                db.executemany("INSERT INTO position VALUES (?, ?)", sorted(zip(places, rows, strict=True)))
                db.execute("DELETE FROM job")
                db.execute("COMMIT")
    with counted("columns"):
        located = frame.assign(lat=lat[codes], lon=lon[codes])
    assert located["lat"].notna().all()


url, key, addresses, file = sys.argv[1:]
asyncio.run(main(url, key, int(addresses), file))
costs = {step: seconds / int(addresses) * 1e6 for step, seconds in costs.items()}
print(json.dumps({**costs, "in all": sum(costs.values())}))
