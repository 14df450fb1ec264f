"""The parts of an address and their tokens, spelled as names in the index are."""

from __future__ import annotations

import re
import unicodedata
from itertools import chain, groupby

from geopandas_batch.gazetteer.atlas.spelling import FOLDING, MOST_WORDS, SHORT, fold_word, split

# In Thai, Lao, Myanmar and Khmer a space is what a comma is elsewhere; the kind of a place is written before its name
# without one: province, district, subdistrict, town.
_PHRASES = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_PHRASE = re.compile(f"[{_PHRASES}]")
_KINDS = re.compile(r"^(?:จังหวัด|จ\.|อำเภอ|อ\.|ตำบล|ต\.|เขต|แขวง|เทศบาล(?:นคร|เมือง|ตำบล))(?=.)")
# What announces the district of a place or the place of a quarter: a comma does as well.
_ABOVE = {
    *("krs.", "kr.", "lkr.", "ldkr.", "bez.", "gde.", "gmde.", "ot", "ortsteil", "pow.", "woj.", "gm.", "gmina"),
    *("okr.", "distt", "distt.", "dist.", "tal.", "tq.", "mpio."),
    *("kec.", "kab.", "kel.", "jud.", "г.", "гор.", "р-н"),
}
# Regions whose short form is a name elsewhere without its full stop; saints, as the Philippines write them.
_IN_FULL = {
    "sta": "santa", "sto": "santo", "nth": "north", "sth": "south",
    "thür.": "thuringen", "thuer.": "thuringen", "württ.": "wurttemberg", "colo.": "colorado", "ore.": "oregon",
    "oreg.": "oregon", "mont.": "montana", "nev.": "nevada", "ala.": "alabama", "ark.": "arkansas", "del.": "delaware",
    "ind.": "indiana", "kan.": "kansas", "wash.": "washington", "обл.": "область", "респ.": "республика",
}  # fmt: skip
_SAID = dict.fromkeys(_ABOVE, ",") | dict.fromkeys(("prov.", "pcia.", "dpto.", "depto.", "edo."), ",provincia")
_SAID |= _IN_FULL
# Words that stand for another one or for a comma, and letters that may: sides of a region, "р-н", "Lake Co IN".
_NOT_AS_WRITTEN = frozenset((*SHORT, *_SAID, *"nsewн", "co"))
# The same with a full stop, and first words that `abbreviations` may write out.
_WORD_WITH_STOP = re.compile(r"\w+\.")
_NOT_WITH_STOP = frozenset(filter(_WORD_WITH_STOP.fullmatch, _SAID)) | {
    f"{word}." for word in ("sta", "sto", "pt", "pto", "gral", "cnel", "cel", "cd", "gt", "gov", "pres", "mal")
}
# Most addresses: they are folded letter by letter, and nothing in them is written short. Their marks are inside words
# and numbers, and full stops between words: "Saint-Étienne", "52/81", "Apt. 3".
_EASY = "A-Za-z0-9 ,&À-ÖØ-öø-ɏΆΈ-ώЀ-џҊ-ӿ"
_EASY_MARK = r"['’](?<=\w.)(?=\w)|-(?<=\w.)(?=\w(?!-))|/(?<=\d.)(?=\d)|\.(?<=[^\W\d_]{2}.)(?=\d| \w)"
_EASY_TEXT = re.compile(rf"[{_EASY}]*+(?:(?:{_EASY_MARK})[{_EASY}]*+)*")
# Commas and full stops of Myanmar, Khmer, Urdu, Devanagari, Ethiopic and Armenian; names in the index have none.
_STOPS = str.maketrans(dict.fromkeys("၊။។۔।፣፤።՝", ","))
_STOP_OR_PHRASE = re.compile(f"[{''.join(map(chr, _STOPS))}{_PHRASES}]")
# All that is done to letters that stand for themselves. A plain table: ``str.translate`` takes half as long again with
# one that has a method in Python.
_EASY_FOLDING = {
    code: unicodedata.normalize("NFKC", chr(code)).casefold().translate(FOLDING) for code in (*range(0x500), ord("’"))
}


def cut_easy(text: str) -> tuple[list[str], list[tuple[str, ...]]]:
    """The tokens of an address in which nothing may be written short, and those of its parts; nothing of another.

    They are those that `cut` finds, in a third of the time.

    >>> cut_easy("Grybów, Lesser Poland")
    (['grybow', 'lesser', 'poland'], [('grybow',), ('lesser', 'poland')])
    >>> cut_easy("Washington, D.C.")
    ([], [])
    """
    if not _EASY_TEXT.fullmatch(text):
        return [], []
    if "." in text and not _NOT_WITH_STOP.isdisjoint(_WORD_WITH_STOP.findall(text.casefold())):
        return [], []
    if text.isascii():
        folded = text.lower().replace("-", " ").replace("&", " ").replace("/", ",").replace(".", " ").replace("'", "")
    else:
        folded = text.translate(_EASY_FOLDING)
    tokens: list[str] = []
    parts = []
    for part in folded.split(","):
        words = (*part.split(),)
        if words:
            tokens += words
            parts.append(words)
    return (tokens, parts) if _NOT_AS_WRITTEN.isdisjoint(tokens) else ([], [])


def cut(text: str) -> list[tuple[str, ...]]:
    """The tokens of each part of an address, as `fold` and `split` have them.

    A part ends also with what ends one only in an address: a space in Thai, full stops of other scripts.

    >>> cut("Washington, D.C. (Saint-Étienne)")
    [('washington',), ('dc',), ('st', 'etienne')]
    >>> cut("সিলেট। বাংলাদেশ")
    [('সিলেট',), ('বাংলাদেশ',)]
    """
    parts = []
    for part in text.split(","):
        if part.isascii() and part.replace(" ", "").isalnum():  # most parts: nothing to fold but capitals
            tokens = (*part.lower().split(),)
            if _NOT_AS_WRITTEN.isdisjoint(tokens):
                parts.append(tokens)
                continue
        tokens = (*chain.from_iterable(map(_TOKENS.__getitem__, part.split())),)
        if "," in tokens:  # from another separator
            parts += [(*some,) for ended, some in groupby(tokens, ",".__eq__) if not ended]
        elif tokens:
            parts.append(tokens)
    return parts


def _fold_word_of_address(word: str) -> str:
    said = _SAID.get(word.lower())
    if said is not None:
        return said
    if word.isascii() or not _STOP_OR_PHRASE.search(word):
        return fold_word(word)
    word = word.translate(_STOPS)
    if _PHRASE.search(word):
        return fold_word(_KINDS.sub("", word)) + ","
    return fold_word(word)


class _Tokens(dict[str, tuple[str, ...]]):
    """The tokens of words, and commas where a part ends."""

    def __missing__(self, word: str) -> tuple[str, ...]:
        if len(self) >= MOST_WORDS:
            self.clear()
        tokens = self[word] = (*split(_fold_word_of_address(word).replace(",", " , ")),)
        return tokens


_TOKENS = _Tokens()
