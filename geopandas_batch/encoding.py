"""JSON text, whatever letters are in it."""

from __future__ import annotations

import json
from typing import Any, TypeAlias

Json: TypeAlias = Any


def as_json(body: Json) -> bytes:
    """JSON text; of half a letter, which JSON allows and UTF-8 does not, its number."""
    import msgspec

    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(body)).encode()
