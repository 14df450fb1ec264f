"""The tree of errors."""

from __future__ import annotations

import copy
import inspect
import pickle

import pandas as pd
import pytest

from geopandas_batch import errors
from geopandas_batch.errors import GeocodingError, KeyRefused, MissingKeyError, ServiceError, TooSlow

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, GeocodingError)]


def make(kind: type[GeocodingError]) -> GeocodingError:
    if kind is MissingKeyError:
        return MissingKeyError("Geoapify", "GEOAPIFY_API_KEY", "https://example.org")
    return kind("what happened")


@pytest.mark.parametrize("kind", KINDS)
def test_each_error_survives_pickling_with_what_it_carries(kind):
    error = make(kind).having(pd.DataFrame({"a": [1]}), "What to do.")

    again = pickle.loads(pickle.dumps(error))

    assert type(again) is kind
    assert str(again) == str(error)
    assert {k: v for k, v in vars(again).items() if k != "partial"} == {
        k: v for k, v in vars(error).items() if k != "partial"
    }
    pd.testing.assert_frame_equal(again.partial, error.partial)
    assert str(copy.copy(error)) == str(error)


@pytest.mark.parametrize("kind", KINDS)
def test_each_error_is_drawn_in_the_tree(kind):
    assert kind.__name__ in errors.__doc__


def test_the_usual_python_errors_catch_ours():
    assert issubclass(KeyRefused, PermissionError)
    assert issubclass(TooSlow, TimeoutError)
    assert issubclass(MissingKeyError, ValueError)


def test_what_is_carried_can_be_read():
    error = ServiceError("no", service="s", status=500, server_message="m", retry_after=2.5, retryable=True)

    again = pickle.loads(pickle.dumps(error))

    assert (again.service, again.status, again.server_message, again.retry_after, again.retryable) == (
        "s", 500, "m", 2.5, True,
    )  # fmt: skip
