"""Builds the data of the gazetteer, from pinned packages alone: ``python -m geopandas_batch.gazetteer.build``."""
