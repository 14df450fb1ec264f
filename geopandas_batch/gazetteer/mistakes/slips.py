"""What a misspelt word has of a name: a slip of the fingers, or as much as the name of another place may have."""

from __future__ import annotations

from collections.abc import Iterable

# What a name that was put right is worth at most, by how it differs, with up to 5, 7, 9 and more letters. From 3,000
# towns with a typing error and 1,500 that were taken out of the names, in several forms of address. With as many of
# both, 95 and 85 % of slips and of other letters in the names of well-known towns would be right, 90 and 70 to 90 % in
# those of small places, 50 % of other first letters there. Two errors in a short name were another town.
_KNOWN = {
    "slip": (0.84, 0.84, 0.84, 0.84),
    "letter": (0.6, 0.7, 0.78, 0.84),
    "first": (0.4, 0.55, 0.6, 0.7),
    "two": (0.3, 0.3, 0.4, 0.6),
}
_SMALL = {
    "slip": (0.45, 0.65, 0.65, 0.65),
    "letter": (0.3, 0.45, 0.55, 0.65),
    "first": (0.2, 0.35, 0.4, 0.5),
    "two": (0.2, 0.2, 0.3, 0.3),
}
_BARE = {  # nothing else agrees
    "slip": (0.4, 0.48, 0.6, 0.6),
    "letter": (0.3, 0.4, 0.48, 0.55),
    "first": (0.3, 0.3, 0.4, 0.48),
    "two": (0.2, 0.3, 0.3, 0.4),
}
_LONG, _LONGER, _LONGEST = 6, 8, 10


def weigh_slip(written: str, names: Iterable[str], *, agrees: bool, known: bool) -> float:
    """What the nearest of these names is worth at most; `known`: it is that of a well-known town."""
    worth = _BARE if not agrees else _KNOWN if known else _SMALL
    letters = len(written) - 1
    at = (letters >= _LONG) + (letters >= _LONGER) + (letters >= _LONGEST)
    return max((worth[tell_slip(written, name)][at] for name in names), default=1.0)


def tell_slip(written: str, name: str) -> str:
    """How a word differs from a name, both as keys of the index.

    "slip": two letters swapped, one doubled, or one left out. "letter": another letter, or one more. "first": the first
    letter. "two": more than that.

    >>> tell_slip("hamburg ", "hamburg "), tell_slip("hamburgg ", "hamburg "), tell_slip("hamburgh ", "hamburg ")
    ('slip', 'slip', 'letter')
    >>> tell_slip("hambrug ", "hamburg "), tell_slip("tienen ", "tielen "), tell_slip("louvres ", "louvre ")
    ('slip', 'letter', 'letter')
    """
    same = 0
    for one, other in zip(written, name, strict=False):
        if one != other:
            break
        same += 1
    rest, right = written[same:], name[same:]
    if rest == right:
        return "slip"  # none at all, but in how it is meant
    if rest and rest[1:] == right:  # one more
        doubled = same and rest[0] in (written[same - 1], *rest[1:2])
        return "slip" if doubled else "letter" if same else "first"
    if rest == right[1:]:  # one left out
        doubled = same and right[0] == name[same - 1]
        return "first" if not same else "slip" if doubled or len(right) > 2 else "letter"
    if rest[:2] == right[1::-1] and rest[2:] == right[2:]:
        return "slip"
    if rest[1:] == right[1:]:
        return "letter" if same else "first"
    return "two"
