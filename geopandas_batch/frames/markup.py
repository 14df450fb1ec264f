"""Tables and bars in HTML, for light and dark pages, in styles that JupyterLab leaves to notebooks not trusted yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

LETTERS, PIXELS = 10, 110  # of a bar that is all rows


def rows(count: int) -> str:
    """So many rows, in words."""
    return counted(count, "row", "rows")


def counted(number: float, one: str, many: str) -> str:
    """So many of them, in words.

    >>> counted(1, "job", "jobs"), counted(1000.5, "credit", "credits")
    ('1 job', '1,000.5 credits')
    """
    return f"{number:,.10g} {one if number == 1 else many}"


def bars(title: str, counts: dict[str, int], total: int) -> str:
    """A number and a bar for each that is not 0."""
    lines = [
        f"<tr><td style='text-align:left'>{escape(name)}</td><td>{count:,}</td>"
        f"<td>{_bar(count / max(1, total))}</td></tr>"
        for name, count in counts.items()
        if count
    ]
    return (
        f"<table><tr><th colspan='3' style='text-align:left'>{title}</th></tr>{''.join(lines)}</table>" if lines else ""
    )


def _bar(part: float) -> str:
    """A bar; of letters where styles are taken out, as on code hosts.

    >>> _bar(0.3)
    "<div style='width:33px;height:9px;font-size:0;background-color:#999'>███</div>"
    """
    eighths, pixels = max(1, round(8 * LETTERS * part)), max(1, round(PIXELS * part))
    letters = "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()
    style = f"width:{pixels}px;height:9px;font-size:0;background-color:#999"
    return f"<div style='{style}'>{letters}</div>"


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
