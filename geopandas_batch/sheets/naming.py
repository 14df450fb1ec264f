"""Which column is meant: by name, or by number as ``#3``; and where new ones go."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from geopandas_batch.errors import SettingsError, meant

BELOW = "if the names of the columns are below it, pass --header-row"


def place_of(names: Sequence[str], wanted: str, advice: str = "") -> int:
    """The position of the column that is meant.

    Parameters
    ----------
    names : sequence of str
        The headers as they are, with duplicates and empty ones.
    wanted : str
        A header; case and blanks around it count only where they make a difference. Or ``#`` and a number from 1.
    advice : str
        What else may help where there is no such column; a sentence.

    Raises
    ------
    SettingsError
        There is none, or more than one.

    Examples
    --------
    >>> place_of(["id", "Address "], "address"), place_of(["id", ""], "#2")
    (1, 1)
    """
    for form in (str, str.strip, lambda text: text.strip().casefold()):
        places = [place for place, name in enumerate(names) if form(name) == form(wanted)]
        if len(places) == 1:
            return places[0]
        if places:
            numbers = " and ".join(f"#{place + 1}" for place in places)
            raise SettingsError(f"there are {len(places)} columns named {wanted!r}: say which one, as {numbers}")
    number = wanted.removeprefix("#")
    if wanted.startswith("#") and number.isdecimal() and 1 <= int(number) <= len(names):
        return int(number) - 1
    said = (f"there is no column {wanted!r}{meant(wanted, names) or '.'}", advice, f"The columns are {listed(names)}.")
    raise SettingsError(" ".join(filter(None, said)))


def placed(names: Sequence[str], replaced: Mapping[str, int], width: int) -> list[int]:
    """The positions of columns that are written: of those that they replace, else behind a table of this width.

    >>> placed(["lat", "lon", "status"], {"lon": 1}, 5)
    [5, 1, 6]
    """
    places = dict(replaced)
    for name in names:
        places.setdefault(name, width + len(places) - len(replaced))
    return [places[name] for name in names]


def check_formulas(file: str, names: Sequence[str], replaced: Mapping[str, int], formulas: Collection[int]) -> None:
    """Refuse to replace columns with formulas; of these, the positions are given."""
    if with_formulas := [name for name in names if replaced.get(name) in formulas]:
        raise SettingsError(
            f"{', '.join(map(repr, with_formulas))} in {file} has formulas: they are not replaced. Pass --prefix for "
            "new columns"
        )


def listed(names: Sequence[str]) -> str:
    """The columns for a person: quoted, by number where there is no name or not one of its own."""
    return ", ".join(
        f"#{place}" if not name.strip() else f"#{place} {name!r}" if list(names).count(name) > 1 else repr(name)
        for place, name in enumerate(names, 1)
    )
