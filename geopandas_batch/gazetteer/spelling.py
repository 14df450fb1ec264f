"""One spelling for each name: what the build stores and what the matcher looks up go through the same functions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import chain, groupby

# Letters that do not decompose into a base letter and a mark, or that are written in several ways. Arabic letters: the
# variants of alef, yeh, kaf and ta marbuta that typists use interchangeably.
_LETTERS = {"ß": "ss", "þ": "th", "æ": "ae", "œ": "oe", "ـ": ""} | dict(
    zip("øłđðıħŋəёأإآٱىیئکةۀہھؤ", "olddihneеاااايييكههههو", strict=True)
)
# Where one part of an address ends and the next begins.
_SEPARATORS = ",;|/\\()[]{}<>،؛、，；。・·•〒「」【】()"
_APOSTROPHES = "'’‘ʼʻ`´ʹ′\"“”„«»"
# Words that are written in full or short; one form stands for all.
SHORT = {"saint": "st", "sankt": "st", "sainte": "ste", "mount": "mt", "fort": "ft"}

_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){1,}[^\W\d_]\b\.?")
_DASH = re.compile("[-–—]+")
_LONG = re.compile(rf"\b(?:{'|'.join(SHORT)})\b")
_MOST_WORDS = 20_000
# Scripts written without spaces (Thai, Lao, Myanmar, Khmer, kana, ideographs), and Hangul, where a name is followed by
# its kind without a space: there, each character is a token.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]")
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
    "sta": "santa", "sto": "santo",
    "thür.": "thuringen", "thuer.": "thuringen", "württ.": "wurttemberg", "colo.": "colorado", "ore.": "oregon",
    "oreg.": "oregon", "mont.": "montana", "nev.": "nevada", "ala.": "alabama", "ark.": "arkansas", "del.": "delaware",
    "ind.": "indiana", "kan.": "kansas", "wash.": "washington", "обл.": "область", "респ.": "республика",
}  # fmt: skip
_SAID = dict.fromkeys(_ABOVE, ",") | dict.fromkeys(("prov.", "pcia.", "dpto.", "depto.", "edo."), ",provincia")
_SAID |= _IN_FULL
# Words that stand for another one or for a comma, and letters that may: sides of a region, "р-н".
_NOT_AS_WRITTEN = frozenset((*SHORT, *_SAID, *"nsewн"))
# The same with a full stop, and first words that `abbreviations` may write out.
_WORD_WITH_STOP = re.compile(r"\w+\.")
_NOT_WITH_STOP = frozenset((*filter(_WORD_WITH_STOP.fullmatch, _SAID), "sta.", "sto.", "pt.", "pto.", "gral.", "cnel."))
# Most addresses: they are folded letter by letter, and nothing in them is written short. Their marks are inside words
# and numbers, and full stops between words: "Saint-Étienne", "52/81", "Apt. 3".
_EASY = "A-Za-z0-9 ,&À-ÖØ-öø-ɏΆΈ-ώЀ-џҊ-ӿ"
_EASY_MARK = r"['’](?<=\w.)(?=\w)|-(?<=\w.)(?=\w(?!-))|/(?<=\d.)(?=\d)|\.(?<=[^\W\d_]{2}.)(?=\d| \w)"
_EASY_TEXT = re.compile(rf"[{_EASY}]*+(?:(?:{_EASY_MARK})[{_EASY}]*+)*")
# Commas and full stops of Myanmar, Khmer, Urdu, Devanagari, Ethiopic and Armenian; names in the index have none.
_STOPS = str.maketrans(dict.fromkeys("၊။។۔।፣፤።՝", ","))
_STOP_OR_PHRASE = re.compile(f"[{''.join(map(chr, _STOPS))}{_PHRASES}]")
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\s{_UNSPACED}]+")


class _Folding(dict[int, str]):
    """A table for ``str.translate`` that works out each character the first time it is met."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_character(chr(code))
        return folded


def _fold_character(character: str) -> str:
    if character in _LETTERS:
        return _LETTERS[character]
    if character in _SEPARATORS:
        return ","
    if character in _APOSTROPHES:
        return ""
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category[0] == "M":
        # Marks that stand alone are vowels in Indic and Thai script: they stay. The rest is decoration.
        kept = unicodedata.name(character, "").split(" ")[0] not in {"COMBINING", "ARABIC", "HEBREW", "VARIATION"}
        return character if kept else ""
    if category[0] == "L":
        base = unicodedata.normalize("NFD", character)
        script = unicodedata.name(character, "").split(" ")[0]
        return _LETTERS.get(base[0], base[0]) if len(base) > 1 and script in {"LATIN", "GREEK"} else character
    return "" if category == "Cf" else " "


_FOLDING = _Folding()


# All that is done to letters that stand for themselves. A plain table: ``str.translate`` takes half as long again with
# one that has a method in Python.
_EASY_FOLDING = {
    code: unicodedata.normalize("NFKC", chr(code)).casefold().translate(_FOLDING) for code in (*range(0x500), ord("’"))
}


def fold_word(word: str) -> str:
    """A single word as `fold` has it."""
    if word.isascii():
        if word.isalnum():  # most words
            small = word.lower()
            return SHORT.get(small, small)
    else:
        word = unicodedata.normalize("NFKC", word)
    if _DASH.fullmatch(word):
        return ","  # spaces on both sides
    if "." in word:
        word = _INITIALS.sub(lambda found: found[0].replace(".", ""), word)
    folded = (word.lower() if word.isascii() else word.casefold()).translate(_FOLDING)
    return _LONG.sub(lambda found: SHORT[found[0]], folded)


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


class _Words(dict[str, str]):
    """Folded words: most come again in other addresses."""

    def __missing__(self, word: str) -> str:
        if len(self) >= _MOST_WORDS:
            self.clear()
        folded = self[word] = fold_word(word)
        return folded


_WORDS = _Words()


class _Tokens(dict[str, tuple[str, ...]]):
    """The tokens of words, and commas where a part ends."""

    def __missing__(self, word: str) -> tuple[str, ...]:
        if len(self) >= _MOST_WORDS:
            self.clear()
        tokens = self[word] = (*split(_fold_word_of_address(word).replace(",", " , ")),)
        return tokens


_TOKENS = _Tokens()


def fold(text: str) -> str:
    """The text in small letters without accents; commas where a part ends, spaces for all other punctuation.

    >>> fold("Washington, D.C. (Saint-Étienne)")
    'washington, dc ,st etienne,'
    """
    return " ".join(map(_WORDS.__getitem__, text.split()))


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


def split(folded: str) -> list[str]:
    """The tokens of one part: words, or single characters where the script has no spaces."""
    return folded.split() if folded.isascii() else _TOKEN.findall(folded)


def join(tokens: Sequence[str]) -> str:
    """The tokens as a key of the name index: a space ends each word, so that a prefix of a key is whole words.

    >>> join(["new", "york"])
    'new york '
    """
    line = " ".join(tokens)
    if is_unspaced(line):
        return "".join([token if is_unspaced(token) else token + " " for token in tokens])
    return f"{line} " if line else ""


def is_unspaced(text: str) -> bool:
    """Whether there is a character of a script without spaces in it; a token has only such ones, or none."""
    return not text.isascii() and _UNSPACED_RUN.search(text) is not None


def key(name: str) -> str:
    """The key of a name in the index.

    >>> key("Saint-Étienne")
    'st etienne '
    """
    return join(split(fold(name).replace(",", " ")))


def code_key(code: str) -> str:
    """The key of a postcode: small letters and digits only.

    >>> code_key("SW1A 2AA")
    'sw1a2aa'
    """
    return "".join(character for character in fold(code) if character.isalnum())
