"""The command line, as ``python -m geopandas_batch.cli``."""

from geopandas_batch.cli import main

main(prog_name="geopandas-batch")
