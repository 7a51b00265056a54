"""Tables that fit a phone: a grid with planned widths, or a card for each row."""

from __future__ import annotations

import itertools
import math

from lxml import etree

from press.fragment import element, find, tag, text_of

WIDEST_GRID = 4  # columns that a phone can show side by side
LONGEST_LINE = 44  # characters that a phone shows across, at the size of tables
GAP = 1  # characters of space behind a column
STEP = 5  # per cent; the style sheet has classes w5 to w90 in these steps
SHORTEST_COLUMN = 2 * STEP
ROLES = {
    "tr": "row",
    "td": "cell",
    "th": "columnheader",
    "thead": "rowgroup",
    "tbody": "rowgroup",
}


def tables(body: etree._Element) -> None:
    """Narrow tables keep their grid; wide ones become a card for each row."""
    for table in find(body, ".//h:table"):
        heads = find(table, "./h:thead/h:tr/h:th")
        for head in find(table, "./h:thead//h:th"):
            head.set("scope", "col")
        rows = [
            [text_of(cell) for cell in find(row, "./h:td | ./h:th")]
            for row in table.iter(tag("tr"))
        ]
        if len({len(row) for row in rows}) != 1:
            table.set("class", "grid")  # raw HTML with joined cells: left alone
        elif len(heads) > WIDEST_GRID or sum(_floors(rows)) > 100:
            _cards(table, [text_of(head) for head in heads])
        else:
            _grid(table, rows)


def _floors(rows: list[list[str]]) -> list[int]:
    """Per cent of the width, in steps, that hold each column's longest word."""
    words = [max(map(_longest_word, column)) for column in zip(*rows, strict=True)]
    shares = [100 * (word + GAP) / LONGEST_LINE for word in words]
    return [max(SHORTEST_COLUMN, math.ceil(share / STEP) * STEP) for share in shares]


def _longest_word(text: str) -> int:
    return max(map(len, text.split()), default=0)


def _grid(table: etree._Element, rows: list[list[str]]) -> None:
    """Give each column its share: fixed columns wrap where others would be cut."""
    group = element("colgroup")
    for width in widths(rows):
        group.append(element("col", class_=f"w{width}"))
    table.insert(0, group)
    table.set("class", "grid")


def widths(rows: list[list[str]]) -> list[int]:
    """Per cent of the width for each column, in steps, together 100.

    A column has room for its longest word; its longest cell says how much it gets
    of what is left.
    """
    shares = _floors(rows)
    left = (100 - sum(shares)) // STEP
    needs = [max(1, *map(len, column)) for column in zip(*rows, strict=True)]
    ends = [round(left * need / sum(needs)) for need in itertools.accumulate(needs)]
    return [
        share + STEP * (end - begin)
        for share, begin, end in zip(shares, [0, *ends], ends, strict=False)
    ]


def _cards(table: etree._Element, heads: list[str]) -> None:
    """Name each cell's column in words: style sheets can't be relied on for it.

    The roles keep it a table for assistive technology although CSS sets it as
    blocks; the names are hidden there, for the head cells are read instead.
    """
    table.set("class", "cards")
    table.set("role", "table")
    for name, role in ROLES.items():
        for node in table.iter(tag(name)):
            node.set("role", role)
    for row in find(table, "./h:tbody/h:tr"):
        for cell, head in zip(row.findall(tag("td")), heads, strict=True):
            name = element("span", f"{head}:", class_="column", aria_hidden="true")
            name.tail = f" {(cell.text or '').lstrip()}"
            cell.text = None
            cell.insert(0, name)
