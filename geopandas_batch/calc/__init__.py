"""Worksheet functions for LibreOffice Calc: an add-in, and the process of ours that answers for its cells.

The add-in runs inside the office, in the office's own Python, and knows nothing but this: a cell that asks gets an
answer that comes later (``XVolatileResult``, with which Calc shows a new value when there is one), and all questions
go, a line of JSON each, to one process that runs this very Python with geopandas_batch. So neither needs the other's
version, the office is never blocked, and thousands of cells are few batches.
"""

from geopandas_batch.calc.extension import write_extension

__all__ = ["write_extension"]
