"""Small pictures in HTML, in the colour of the text: they are to be read on light and dark pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

BAR = 110  # pixels of a bar that is all rows


def rows(count: int) -> str:
    """So many rows, in words."""
    return "1 row" if count == 1 else f"{count:,} rows"


def bars(title: str, counts: dict[str, int], total: int) -> str:
    """A number and a bar for each that is not 0. In the colour of the text, as dark themes want it."""
    lines = [
        f"<tr><td style='text-align:left'>{escape(name)}</td><td>{count:,}</td><td><div style='height:.7em;opacity:.45;"
        f"background:currentColor;width:{max(1, round(BAR * count / max(1, total)))}px'></div></td></tr>"
        for name, count in counts.items()
        if count
    ]
    return (
        f"<table><tr><th colspan='3' style='text-align:left'>{title}</th></tr>{''.join(lines)}</table>" if lines else ""
    )


def histogram(counts: Sequence[int]) -> str:
    """Ten columns, from 0 to 1."""
    if not counts:
        return ""
    most, width, height = max(counts), 16, 70
    columns = "".join(
        f"<rect x='{width * place}' y='{height - round(height * count / most)}' width='{width - 2}' "
        f"height='{round(height * count / most)}' fill='currentColor' opacity='.45'><title>{place / 10:.1f} to "
        f"{(place + 1) / 10:.1f}: {rows(count)}</title></rect>"
        for place, count in enumerate(counts)
    )
    names = "".join(
        f"<text x='{x}' y='{height + 13}' font-size='10' fill='currentColor' text-anchor='{anchor}'>{name}</text>"
        for x, anchor, name in ((0, "start", "0"), (width * 5, "middle", "0.5"), (width * 10, "end", "1"))
    )
    return (
        f"<table><tr><th style='text-align:left'>confidence</th></tr><tr><td><svg width='{width * 10}' "
        f"height='{height + 16}' role='img' aria-label='confidence of the rows, from 0 to 1'>{columns}{names}</svg>"
        "</td></tr></table>"
    )


def side_by_side(parts: Iterable[str]) -> str:
    """One beside the other where the page is wide enough."""
    return f"<div style='display:flex;flex-wrap:wrap;gap:0 2.5em;align-items:flex-start'>{''.join(parts)}</div>"


def table(head: Iterable[str], rows: Sequence[Sequence[str]], style: str = "text-align:left") -> str:
    """Cells that are HTML already."""
    if not rows:
        return ""
    top = "".join(f"<th style='{style}'>{name}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td style='{style}'>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>{'<tr>' + top + '</tr>' if top else ''}{body}</table>"
