"""Local doubles of services: their wire protocols on loopback, with made-up places and scripted faults.

For tests, notebooks and demonstrations: no key, no network, no cost.

A made-up place depends on its text alone, and :meth:`FakeGeoapify.expected` tells it beforehand. By convention a text
with the word "nowhere" is not found and one with the word "refused" is refused; ``places=`` says anything else.
"""

from geopandas_batch.testing.census import FakeCensus
from geopandas_batch.testing.double import FakeGeoapify
from geopandas_batch.testing.faults import Fault
from geopandas_batch.testing.fiction import Found, Refused
from geopandas_batch.testing.geoplateforme import FakeGeoplateforme
from geopandas_batch.testing.records import Request, Submit

__all__ = ["FakeCensus", "FakeGeoapify", "FakeGeoplateforme", "Fault", "Found", "Refused", "Request", "Submit"]
