"""Calls with one item become calls with many: ``Batcher`` and ``@batched``. Knows nothing of addresses."""

from geopandas_batch.batching.answers import (
    BatchCancelledError,
    BatchDeadlockError,
    BatcherClosedError,
    BatchError,
    BatchInterruptedError,
    MissingAnswerError,
    WrongAnswerError,
    WrongCountError,
)
from geopandas_batch.batching.batcher import Batcher
from geopandas_batch.batching.decorator import batched

__all__ = [
    "BatchCancelledError",
    "BatchDeadlockError",
    "BatchError",
    "BatchInterruptedError",
    "Batcher",
    "BatcherClosedError",
    "MissingAnswerError",
    "WrongAnswerError",
    "WrongCountError",
    "batched",
]
