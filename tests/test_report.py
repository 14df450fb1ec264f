"""What a report says of a run, to the eye and as text."""

from __future__ import annotations

import math
from html.parser import HTMLParser
from typing import Any

import pandas as pd
import pytest

from geopandas_batch.errors import QueryError
from geopandas_batch.places import Location

ANSWERS = {
    "exact": Location(59.91, 10.75, "", "building", 1.0, attribution="© Somebody & Co"),
    "good": Location(59.91, 10.75, "", "street", 0.7),
    "fair": Location(59.91, 10.75, "", "city", 0.3),
    "untold": Location(59.91, 10.75, "", "city", math.nan),
    "<b>refused</b>": QueryError("no such <street>"),
}


async def town(addresses: list[str]) -> list[Any]:
    return [ANSWERS.get(each) for each in addresses]


@pytest.fixture
def report():
    frame = pd.DataFrame({"address": [*ANSWERS, "good", "nowhere", None, "nowhere"]})
    return frame.geo.locate("address", service=town).geo.report


class Text(HTMLParser):
    """What is read on the page; and that each tag is closed."""

    def __init__(self, page):
        super().__init__()
        self.read, self.open = [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.read.append(data)


def test_confidence_is_counted_by_tenths_and_rows(report):
    assert report.confidences == (0, 0, 0, 1, 0, 0, 0, 2, 0, 1)


def test_the_first_rows_without_an_answer_are_named_with_the_reason(report):
    assert [tuple(each) for each in report.failures] == [
        (4, "<b>refused</b>", "failed", "no such <street>"),
        (6, "nowhere", "not_found", "no match"),
        (8, "nowhere", "not_found", "no match"),
    ]


def test_the_slowest_part_is_told(report):
    assert report.slowest.startswith(max(report.parts, key=report.parts.get))
    assert set(report.parts) == {"reading the addresses", "asking town", "making the columns"}
    assert sum(report.parts.values()) > 0


def test_everything_is_on_the_page_and_nothing_of_an_address_is_markup(report):
    read = Text(report._repr_html_()).read
    for said in (
        *("located", "not found", "failed", "blank", "building", "street", "city"),
        *("confidence", "0.3 to 0.4", "██▎", "credits", "slowest part", "data: © Somebody & Co"),
        *("<b>refused</b>", "no such <street>", "1 row: no such <street>", "nowhere", "no match"),
    ):
        assert said in read, said


def test_the_text_says_the_same(report):
    lines = str(report).splitlines()
    assert lines[1:-2] == [
        "matched by: building 1, street 2, city 2",
        "confidence from: 0.3 1, 0.7 2, 0.9 1",
        "1 row: no such <street>",
        "row 4: failed: no such <street>",
        "rows 6, 8: not found: no match",
    ]
    assert lines[-2].startswith("slowest part: ") and lines[-1] == "data: © Somebody & Co"


def test_a_prompt_shows_the_text_and_no_address(report):
    pretty = pytest.importorskip("IPython.lib.pretty", reason="IPython is not installed")
    assert pretty.pretty(report) == str(report)
    assert "nowhere" not in pretty.pretty(report)


def test_points_are_named_by_their_degrees(fake, geoapify):
    points = pd.DataFrame({"lat": [0.0, 95.0], "lon": [-150.0, 5.0]})
    found = points.geo.reverse(service=geoapify(fake)).geo.report.failures
    assert (found[-1].row, found[-1].address, found[-1].status) == (1, "", "failed")


def test_many_reasons_are_counted_in_one_line():
    async def wrong(addresses):
        return [QueryError(f"reason {each}") for each in addresses]

    frame = pd.DataFrame({"address": [str(number) for number in range(9)]})
    report = frame.geo.locate("address", service=wrong).geo.report
    assert "4 rows: 4 other reasons" in str(report) and len(report.failures) == 5
