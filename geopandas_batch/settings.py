"""The only reader of the environment, and what a setting must be."""

from __future__ import annotations

import os
import re
from collections.abc import Hashable
from math import inf
from numbers import Real
from pathlib import Path
from urllib.parse import urlsplit

from geopandas_batch.errors import SettingsError

# Both names are in use: the vendor's samples read the first, other clients the second.
GEOAPIFY_KEYS = ("GEOAPIFY_API_KEY", "GEOAPIFY_KEY")
GEOAPIFY_BASE_URL = "GEOAPIFY_BASE_URL"
CENSUS_BASE_URL = "CENSUS_BASE_URL"
GEOPLATEFORME_BASE_URL = "GEOPLATEFORME_BASE_URL"
CACHE = "GEOPANDAS_BATCH_CACHE"
SERVICE = "GEOPANDAS_BATCH_SERVICE"  # of worksheets, which have no other place to say it
MEMORY = ":memory:"

_LOOPBACK = re.compile(r"127(\.\d+){1,3}")  # a name may begin like that, too: 127.example.org


def read(*names: str) -> str | None:
    """The first of these variables that is set and not blank."""
    return next((value for name in names if (value := os.environ.get(name, "").strip())), None)


def check_between(name: str, value: float, least: float, most: float = inf) -> None:
    """Refuse a setting that is not within these bounds, or no whole number where they are."""
    fits = isinstance(value, Real) and not isinstance(value, bool) and least <= value <= most
    if not fits or (isinstance(least, int) and value % 1 != 0):
        kind = "a whole number" if isinstance(least, int) else "a number"
        bounds = f"of {least:,g} or more" if most == inf else f"from {least:,g} to {most:,g}"
        raise SettingsError(f"{name} must be {kind} {bounds}, not {value!r}")


def check_positive(name: str, value: float | None, *, optional: bool = False) -> None:
    """Refuse what is no number above 0; ``optional``: None is no setting."""
    if not (value is None and optional) and not (isinstance(value, Real) and value > 0):
        raise SettingsError(f"{name} must be a number above 0, not {value!r}")


def check_yes_or_no(name: str, value: object) -> None:
    """Refuse what is neither True nor False."""
    if not isinstance(value, Hashable) or value not in (True, False):
        raise SettingsError(f"{name} must be True or False, not {value!r}")


def check_text(name: str, value: object, *, optional: bool = True) -> None:
    """Refuse what is no text; ``optional``: None is no setting."""
    if not (value is None and optional) and not isinstance(value, str):
        raise SettingsError(f"{name} must be text, not {value!r}")


def has_proxies() -> bool:
    """Whether this computer says how requests should go, by proxies or a file of passwords (netrc)."""
    from contextlib import suppress
    from urllib.request import getproxies

    passwords = [Path(named)] if (named := os.environ.get("NETRC")) else []
    with suppress(RuntimeError):  # nobody's home
        passwords += [Path.home() / name for name in (".netrc", "_netrc")]
    return bool(getproxies()) or any(map(os.path.exists, passwords))


def check_key(key: str, *, service: str) -> str:
    """The key without blanks around it, or an error that does not show it."""
    if not isinstance(key, str):
        raise SettingsError(f"the {service} key must be text, not {type(key).__name__}")
    key = key.strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise SettingsError(
            f"the {service} key has blanks, line breaks or letters beyond ASCII inside. Was more than the key copied?"
        )
    return key


def check_base_url(url: str, *, service: str) -> str:
    """The address of a service without the last slash. A key travels by TLS, or does not leave this computer."""
    check_text(f"the {service} base_url", url)
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname or "", parts.port  # the port is checked when it is read
    except ValueError as error:
        raise SettingsError(f"the {service} base_url is not a URL: {error}") from error
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.query or parts.fragment:
        raise SettingsError(
            f"the {service} base_url must look like https://host/path, without user, password, query or fragment"
        )
    if parts.scheme == "http" and not is_on_this_computer(url):
        raise SettingsError(
            f"the {service} base_url must be https: with http, {host} would get addresses, and a key, in the clear"
        )
    return url.strip().rstrip("/")


def is_on_this_computer(url: str) -> bool:
    """Whether the host of a URL is this very computer."""
    host = urlsplit(url.strip()).hostname or ""
    return host in ("localhost", "::1") or bool(_LOOPBACK.fullmatch(host))


def cache_file(cache: bool | str | os.PathLike[str]) -> Path | None:
    """Where answers are kept; None for memory only.

    ``True``: ``GEOPANDAS_BATCH_CACHE`` if set, else the user's cache folder as the operating system has it.
    ``False`` or ``":memory:"``: nowhere. Else the file itself.
    """
    if cache is True:
        cache = read(CACHE) or ""
        if not cache:
            return cache_folder() / "answers.sqlite"
    if cache is False or cache == MEMORY:
        return None
    if not isinstance(cache, str | os.PathLike):
        raise SettingsError(f"cache must be True, False or the path of a file, not {cache!r}")
    return Path(cache).expanduser()


def cache_folder() -> Path:
    """The folder of this user's caches, as the operating system has it."""
    from platformdirs import user_cache_path

    return user_cache_path("geopandas_batch", appauthor=False)
