"""Whom the workers ask: the service without its key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any
from uuid import uuid4
from weakref import WeakValueDictionary

from geopandas_batch import settings
from geopandas_batch.errors import MissingKeyError, SettingsError
from geopandas_batch.services import NAMED, AnyService, Cascade, resolve

_KEY = "api_key"
_here: WeakValueDictionary[str, Whom] = WeakValueDictionary()  # so that workers which are threads find a given key


class Whom:
    """A service on its way to the workers. A key stays where it is: workers have it in their environment.

    Services of the user's own travel as they are.
    """

    def __init__(self, service: AnyService) -> None:
        """Nothing is sent yet."""
        self.token = uuid4().hex
        self._service: AnyService | None = service
        self._steps: Sequence[Whom] = ()  # of a cascade, with its demands
        self._demands: Mapping[str, Any] = {}
        self._name: str | None = None
        self._options: Mapping[str, Any] = {}
        self._key_was_given = False
        if isinstance(service, Cascade):
            self._steps = tuple(map(Whom, service.services))
            self._demands = {"min_confidence": service.min_confidence, "coarsest": service.coarsest}
        elif type(service) is NAMED.get(service.name):
            self._name = service.name
            self._options = {
                field.name: value
                for field in fields(service)
                if field.name != _KEY and (value := getattr(service, field.name)) != field.default
            }
            key = getattr(service, _KEY, None)
            self._key_was_given = key is not None and key != settings.read(*settings.GEOAPIFY_KEYS)
        _here[self.token] = self

    @property
    def service(self) -> AnyService:
        """The service, with the key of this process.

        Raises
        ------
        SettingsError
            The key was given as an argument, in another process.
        MissingKeyError
            This process has none.
        """
        if self._service is None and self._steps:
            self._service = resolve(Cascade([step.service for step in self._steps], **self._demands))
        if self._service is None:
            if self._key_was_given:
                raise SettingsError(
                    "a key that is given as api_key= stays in its process: it is never put into a task graph. Set "
                    f"{settings.GEOAPIFY_KEYS[0]} in the environment of the Dask workers, and leave out api_key="
                )
            try:
                self._service = resolve(self._name or "", dict(self._options))
            except MissingKeyError as error:
                error.args = (f"{error} Dask's workers look for it in their own environment.",)
                raise
        return self._service

    def __repr__(self) -> str:
        return f"Whom({', then '.join(map(repr, self._steps)) or self._name or type(self._service).__name__})"

    def __dask_tokenize__(self) -> str:
        """Each call is a run of its own, and no hash of a key is the name of a task."""
        return self.token

    def __reduce__(self) -> tuple[Any, ...]:
        """Without the key, and with what it takes to make the service again."""
        own = self._service if self._name is None and not self._steps else None
        state = {"_service": own, "token": self.token}
        return _arrived, (self.token, {**{name: getattr(self, name) for name in _TRAVELS}, **state})


_TRAVELS = ("_steps", "_demands", "_name", "_options", "_key_was_given")


def _arrived(token: str, state: Mapping[str, Any]) -> Whom:
    if token in _here:
        return _here[token]
    whom = Whom.__new__(Whom)
    whom.__dict__.update(state)
    return whom
