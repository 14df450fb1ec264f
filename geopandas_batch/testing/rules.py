"""What the service refuses, and in which words: the messages of its validator, as documented or seen by its clients."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from geopandas_batch.testing.fiction import PARTS

APIS = ("/v1/geocode/search", "/v1/geocode/reverse")
MOST_INPUTS = 1000
LONGEST_TEXT = 1024
TYPES = ("country", "state", "city", "postcode", "street", "amenity", "locality")
_JOB_ID = re.compile(r"[a-f0-9]{32}")


class AnswerError(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, message: str | None = None) -> None:
        """Without a message the body has none, as for an unknown job."""
        super().__init__(message)
        self.status, self.message = status, message


def check_job_id(job_id: str | None) -> str:
    """Return the id, if it has the form of one."""
    if job_id is None or not _JOB_ID.fullmatch(job_id):
        raise AnswerError(400, '"id" is required')
    return job_id


def check_size(name: str, inputs: Any) -> list[Any]:
    """1 to 1000 inputs."""
    if not isinstance(inputs, list):
        raise AnswerError(400, f'"{name}" must be an array')
    if not inputs:
        raise AnswerError(400, f'"{name}" must contain at least 1 items')
    if len(inputs) > MOST_INPUTS:
        raise AnswerError(400, f'"{name}" must contain less than or equal to {MOST_INPUTS} items')
    return inputs


def check_number(name: str, value: Any, low: float, high: float) -> float:
    """A number, or the text of one, within bounds."""
    if isinstance(value, bool):
        raise AnswerError(400, f'"{name}" must be a number')
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise AnswerError(400, f'"{name}" must be a number') from None
    if not number >= low:
        raise AnswerError(400, f'"{name}" must be greater than or equal to {low:g}')
    if number > high:
        raise AnswerError(400, f'"{name}" must be less than or equal to {high:g}')
    return number


def check_priority(value: Any) -> float:
    """0.5 to 1; 0.5 where none is given (the newer pages allow less for plain jobs, the generic ones do not)."""
    return 0.5 if value is None else check_number("priority", value, 0.5, 1)


def check_choice(name: str, value: Any, choices: Sequence[str]) -> None:
    """One of a few words, or nothing."""
    if value is not None and value not in choices:
        raise AnswerError(400, f'"{name}" must be one of [{", ".join(choices)}]')


def types_of(api: str) -> tuple[str, ...]:
    """The values that ``type`` may have."""
    return (*TYPES, "building") if api.endswith("reverse") else TYPES


def check_generic(body: Any) -> tuple[str, Mapping[str, Any], list[tuple[Any, Mapping[str, Any]]], float]:
    """The api, the shared params, the inputs (id, params) and the priority of ``POST /v1/batch``."""
    if not isinstance(body, dict):
        raise AnswerError(400, '"body" must be of type object')
    for name in body.keys() - {"api", "params", "body", "inputs", "priority"}:
        raise AnswerError(400, f'"{name}" is not allowed')
    for name in ("api", "inputs"):
        if name not in body:
            raise AnswerError(400, f'"{name}" is required')
    check_choice("api", body["api"], APIS)
    params = body.get("params") or {}
    if not isinstance(params, dict):
        raise AnswerError(400, '"params" must be of type object')
    inputs = [_input(place, each) for place, each in enumerate(check_size("inputs", body["inputs"]))]
    return body["api"], params, inputs, check_priority(body.get("priority"))


def _input(place: int, given: Any) -> tuple[Any, Mapping[str, Any]]:
    name = f"inputs[{place}]"
    if not isinstance(given, dict):
        raise AnswerError(400, f'"{name}" must be of type object')
    for key in given.keys() - {"id", "params", "body"}:
        raise AnswerError(400, f'"{name}.{key}" is not allowed')
    job_id, params = given.get("id"), given.get("params", {})
    if "id" in given and (isinstance(job_id, bool) or not isinstance(job_id, (str, int, float))):
        raise AnswerError(400, f'"{name}.id" must be one of [string, number]')
    if not isinstance(params, dict):
        raise AnswerError(400, f'"{name}.params" must be of type object')
    return job_id, params


def check_texts(body: Any) -> list[tuple[Any, Mapping[str, Any]]]:
    """The inputs of a plain forward job: strings."""
    inputs = check_size("body", body)
    for place, text in enumerate(inputs):
        if not isinstance(text, str):
            raise AnswerError(400, f'"[{place}]" must be a string')
        if not text:
            raise AnswerError(400, f'"[{place}]" is not allowed to be empty')
    return [(None, {"text": text}) for text in inputs]


def check_points(body: Any) -> list[tuple[Any, Mapping[str, Any]]]:
    """The inputs of a plain reverse job: ``[lon, lat]`` or ``{"lon", "lat"}``, also mixed."""
    inputs = check_size("body", body)
    for place, point in enumerate(inputs):
        values = list(point.values()) if isinstance(point, dict) and point.keys() == {"lon", "lat"} else point
        if not isinstance(values, list) or len(values) != 2 or not all(type(each) in (int, float) for each in values):
            raise AnswerError(400, f'"[{place}]" does not match any of the allowed types')
    pairs = ((point["lon"], point["lat"]) if isinstance(point, dict) else point for point in inputs)
    return [(None, {"lon": lon, "lat": lat}) for lon, lat in pairs]


def check_question(api: str, params: Mapping[str, Any]) -> None:
    """One question, as a single request or within a generic job: the same rules."""
    reverse = api.endswith("reverse")
    check_choice("format", params.get("format"), ("json", "geojson"))  # xml is documented too; nothing here speaks it
    check_choice("type", params.get("type"), types_of(api))
    if "limit" in params:
        check_number("limit", params["limit"], 1, 100)
    if reverse:
        for name, most in (("lat", 90), ("lon", 180)):
            if name not in params:
                raise AnswerError(400, f'"{name}" is required')
            check_number(name, params[name], -most, most)
        return
    given = [name for name in ("text", *PARTS) if name in params]
    if not given:
        raise AnswerError(400, f'"value" must contain at least one of [{", ".join(("text", *PARTS))}]')
    if given[0] == "text" and given[1:]:
        raise AnswerError(400, f'"text" conflict with forbidden peers [{", ".join(given[1:])}]')
    for name in given:
        if not isinstance(params[name], str):
            raise AnswerError(400, f'"{name}" must be a string')
        if not params[name]:
            raise AnswerError(400, f'"{name}" is not allowed to be empty')
        if len(params[name]) > LONGEST_TEXT:
            raise AnswerError(400, f'"{name}" length must be less than or equal to {LONGEST_TEXT} characters long')
