"""The process that answers for Calc's cells, ``python -m geopandas_batch.calc``: a line of JSON in, a line out.

A question is ``{"id": 7, "name": "lat", "arguments": ["Oslo"]}``, an answer ``{"id": 7, "value": 59.91}``, or
``{"id": 7, "error": 519}`` with the number that Calc has for it. It ends when its input does: with the office.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any, TextIO

from geopandas_batch import cells

# https://help.libreoffice.org/latest/en-US/text/scalc/05/02140000.html (Error Codes in LibreOffice Calc)
NOT_AVAILABLE, WRONG_VALUE = 32767, 519  # #N/A, #VALUE!

FUNCTIONS: dict[str, Callable[..., Awaitable[Any]]] = {
    "locate": cells.locate,
    "lat": cells.lat,
    "lon": cells.lon,
    "address": cells.formatted,
    "reverse": cells.reverse,
    "status": cells.status,
}


def shown(value: object) -> dict[str, Any]:
    """The value of a cell, or of cells side by side, as it is sent."""
    if isinstance(value, list):  # one row
        parts = [shown(part) for part in value[0]]
        return parts[0] if "error" in parts[0] else {"value": [part["value"] for part in parts]}
    if isinstance(value, Exception):
        return {"error": NOT_AVAILABLE if isinstance(value, cells.NOT_FOUND) else WRONG_VALUE}
    return {"value": value}


async def answer(line: str, output: TextIO) -> None:
    """Answer one question."""
    question = json.loads(line)
    # Calc hands over an empty cell as 0, which is no address, and with 0 beside it a point in mid-ocean.
    arguments = question["arguments"] if any(question["arguments"]) else [""] * len(question["arguments"])
    try:
        reply = shown(await FUNCTIONS[question["name"]](*arguments))
    except Exception:  # a fault of ours must not leave the cell waiting for ever
        reply = {"error": WRONG_VALUE}
    print(json.dumps({"id": question["id"], **reply}), file=output, flush=True)


async def serve(questions: TextIO, output: TextIO) -> None:
    """Answer until there are no more questions. They are read in a thread, since Windows cannot wait for a pipe."""
    loop, tasks = asyncio.get_running_loop(), set[asyncio.Task[None]]()

    def begin(line: str) -> None:
        task = asyncio.ensure_future(answer(line, output))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    def read() -> None:
        for line in questions:
            loop.call_soon_threadsafe(begin, line)

    await loop.run_in_executor(None, read)
    for task in tasks:
        task.cancel()  # nobody waits for these any more; jobs that are paid are on the journal


if __name__ == "__main__":
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    asyncio.run(serve(sys.stdin, sys.stdout))
