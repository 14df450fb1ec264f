"""From cells to questions: what is looked at for all cells at once is as if each were looked at."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from geopandas_batch.frames.questions import different, questions
from geopandas_batch.places import Query
from geopandas_batch.places.texts import AT_ONCE, tidy, tidy_up

BLANKS = [chr(code) for code in range(0x3001) if chr(code).isspace()] + ["\0"]
letters = ["a", "B", "ß", "é", "e\u0301", "Å", "\u212b", "\u1100\u1161", "東", "7", *BLANKS]
words = st.lists(st.sampled_from(letters)).map("".join)


@given(st.lists(words, max_size=6))
@example(["Köln", "Bonn\u00a0"])
@example(["Köln\nBonn", "東京\u3000"])
@example(["e\u0301"])
def test_texts_are_tidied_together_as_one_by_one(texts):
    asked = questions(pd.DataFrame({"a": texts}, dtype=object), "a", {})

    wanted = dict.fromkeys(tidied for text in texts if (tidied := tidy(text)))
    assert list(asked.distinct) == [Query(str(text)) for text in wanted]
    tidied = [asked.distinct[code].text if code >= 0 else "" for code in asked.codes]
    assert tidied == [str(tidy(text)) for text in texts]


@pytest.mark.parametrize("place", [0, AT_ONCE - 1, AT_ONCE, 2 * AT_ONCE])
@pytest.mark.parametrize("strange", ["  Bonn", "Bonn\t", "Bo\nnn", "", "\x1b", "Bonn\u3000", "e\u0301", "\ud800  ß"])
def test_among_many_texts_a_strange_one_is_found_wherever_it_is(place, strange):
    texts = [f"{number} Hauptstraße" for number in range(2 * AT_ONCE + 1)]
    texts[place] = strange
    wanted = [*map(tidy, texts)]

    assert not tidy_up(texts)
    assert texts == wanted
    assert tidy_up(texts) == (strange not in ("", "\x1b"))  # as they are; to look at them again does no harm


def test_different_addresses_are_columns_of_texts():
    frame = pd.DataFrame({"s": ["Oak St", None, "Oak  St", "Elm St"], "c": ["Paris", " ", "Paris", None]})

    texts, codes = different(frame, None, {"street": "s", "city": "c"})

    assert texts == {"street": ["Oak St", "Elm St"], "city": ["Paris", ""]}
    assert codes.tolist() == [0, -1, 0, 1]
