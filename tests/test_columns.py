"""From cells to questions: what is looked at for all cells at once is as if each were looked at."""

from __future__ import annotations

import pandas as pd
from hypothesis import example, given
from hypothesis import strategies as st

from geopandas_batch.columns import different, questions
from geopandas_batch.places import Query
from geopandas_batch.texts import tidy

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


def test_different_addresses_are_columns_of_texts():
    frame = pd.DataFrame({"s": ["Oak St", None, "Oak  St", "Elm St"], "c": ["Paris", " ", "Paris", None]})

    texts, codes = different(frame, None, {"street": "s", "city": "c"})

    assert texts == {"street": ["Oak St", "Elm St"], "city": ["Paris", ""]}
    assert codes.tolist() == [0, -1, 0, 1]
