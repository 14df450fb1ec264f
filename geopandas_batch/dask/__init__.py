"""``ddf.geo``: the same for a Dask DataFrame, lazily and on all workers; ``import geopandas_batch.dask`` registers it.

Equal addresses of different partitions are asked once. Rows never move, so index, order and divisions stay: each
partition sends its different addresses. If all of them together are few, they become one table, and every partition
looks its own up in the table of answers. If they are many, they go to the bucket that their hash says, and each
partition gets the answers to its own back. Which it is turns out while the graph is computed. The embedded gazetteer
and an address book answer all parts side by side. Of any other service, one is asked after the other, since one key
has one pace and one quota; on a cluster, also when several computations are under way.

No key is in the graph: workers read it in their own environment.
"""

from __future__ import annotations

try:
    import dask.dataframe  # noqa: F401 - the door needs it
except ImportError as missing:
    raise ImportError(f'geopandas_batch.dask needs {missing.name}: pip install "geopandas-batch[dask]"') from missing

from geopandas_batch.dask.accessor import DaskGeoAccessor

__all__ = ["DaskGeoAccessor"]
