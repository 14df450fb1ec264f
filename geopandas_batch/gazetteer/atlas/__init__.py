"""The gazetteer's data: files that are mapped, not read, so that processes share them and a start costs little."""

from __future__ import annotations

import json
import sys
from bisect import bisect_left, bisect_right
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DATA = Path(__file__).parent.parent / "data"
ATTRIBUTION = "GeoNames (geonames.org), CC BY 4.0"
"""The credit that must stand wherever an answer is shown."""
# Goes up when a change of the matcher changes answers.
REVISION = 20
# A hundred people. With nobody in them, three villages would be no rivals to a town of their name: "Lužice, Czechia".
UNCOUNTED = 60
NOWHERE = 0xFFFFFFFF  # the place of a postcode that has none
_REGION_IS_SAID = ("US", "CA", "AU")  # always, by the people there
NO_REGION = 0xFFFF  # the region or district of a place that has none


@cache
def read_manifest() -> dict[str, Any]:
    """What the data were made of, and the checksums of the files."""
    try:
        manifest: dict[str, Any] = json.loads((DATA / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FileNotFoundError(
            f"The gazetteer's data are not in {DATA}. Install the package again, or, in a source checkout, "
            "build them: python -m geopandas_batch.gazetteer.build"
        ) from None
    return manifest


@cache
def read_facts() -> dict[str, Any]:
    """Countries, codes, and where each kind of entity begins."""
    read_manifest()
    facts: dict[str, Any] = json.loads((DATA / "facts.json").read_text(encoding="utf-8"))
    return facts


class Atlas:
    """Entities by number: first places, then villages, districts, regions, countries.

    Columns are memory views: indexing gives a plain int, several times as fast as a numpy scalar. They are read-only
    maps of files, so threads and forked processes can share them.
    """

    def __init__(self, folder: Path = DATA) -> None:
        """Map the files of the folder."""
        import marisa_trie  # type: ignore[import-not-found]

        read_manifest()
        self._folder = folder
        self.names = marisa_trie.Trie().mmap(str(folder / "names.marisa"))
        self.codes = marisa_trie.Trie().mmap(str(folder / "codes.marisa"))
        self.typos = marisa_trie.Trie().mmap(str(folder / "typos.marisa"))
        self.name_start, self.name_entity = self._starts("name_count"), self._column("name_entity")
        self.lat, self.lon = self._column("lat"), self._column("lon")  # 0.0001 degrees
        self.weight = self._weights()
        self.country, self.region = self._column("country"), self._column("region")
        self.district = self._column("district")
        self.code_start, self.code_country = self._starts("code_count"), self._column("code_country")
        self.code_lat, self.code_lon = self._column("code_lat"), self._column("code_lon")
        self.code_place = self._column("code_place")
        self._label_start = self._starts("label_length")
        self._labels = (folder / "labels.bin").read_bytes()
        facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
        bounds = facts["bounds"]
        self.places, self.villages, self.districts, self.regions = (
            bounds[kind] for kind in ("places", "villages", "districts", "regions")
        )
        self.countries: list[str] = facts["countries"]
        self.short: dict[str, list[int]] = facts["codes"]
        self._region_is_said = frozenset(map(self.countries.index, _REGION_IS_SAID))
        self._above: dict[tuple[int, int], tuple[dict[str, None], str]] = {}

    def _column(self, name: str) -> memoryview:
        import numpy as np

        column = np.load(self._folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        if sys.byteorder == "big":
            column = column.astype(column.dtype.newbyteorder("="))
        return memoryview(column)

    def _weights(self) -> memoryview:
        """30 * log10(population + 1); where nobody has counted it, that of a small village."""
        import numpy as np

        weights = np.load(self._folder / "weight.npy", allow_pickle=False)
        weights[weights == 0] = UNCOUNTED
        weights.flags.writeable = False
        return memoryview(weights)

    def _starts(self, name: str) -> memoryview:
        """Where each group of a column starts; the file has their lengths, which compress better."""
        import numpy as np

        lengths = np.load(self._folder / f"{name}.npy", allow_pickle=False)
        starts = np.zeros(len(lengths) + 1, dtype=np.uint32)
        np.cumsum(lengths, out=starts[1:])
        return starts.data

    def label(self, entity: int) -> str:
        """The name as it is shown."""
        return self._labels[self._label_start[entity] : self._label_start[entity + 1]].decode()

    def places_in(self, country: int) -> slice:
        """Where the places of a country are: the build puts them in the order of their countries."""
        return slice(
            bisect_left(self.country, country, hi=self.places), bisect_right(self.country, country, hi=self.places)
        )

    def with_initial(self, entities: NDArray[np.intp], letter: str) -> list[int]:
        """Those whose label may begin with this small letter: all whose first letter is not ASCII may."""
        import numpy as np

        first = np.frombuffer(self._labels, np.uint8)[np.asarray(self._label_start)[entities]]
        fits = first >= 0x80
        if letter.isascii():
            fits |= (first == ord(letter)) | (first == ord(letter.upper()))
        fitting: list[int] = entities[fits].tolist()
        return fitting

    def describe(self, entity: int, *, region: bool = False) -> str:
        """The name with its country, and with its region if asked: "Paris, Texas, United States"."""
        label = self.label(entity)
        if entity >= self.regions:
            return label
        country = self.country[entity]
        number = self.region[entity] if region or country in self._region_is_said else NO_REGION
        above = self._above.get((country, number))
        if above is None:
            of = [self.regions + country]
            if number != NO_REGION:
                of.insert(0, self.districts + number)
            names = dict.fromkeys(map(self.label, of))
            above = self._above[country, number] = names, ", " + ", ".join(names)
        names, text = above
        return ", ".join({label: None, **names}) if label in names else label + text
