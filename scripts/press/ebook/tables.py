"""Tables that fit a phone: a grid with planned widths, or a card for each row."""

from __future__ import annotations

from lxml import etree

from press.fragment import element, find, tag, text_of

WIDEST_GRID = 4  # columns that a phone can show side by side
LONGEST_LINE = 44  # characters that a phone shows across, at the size of tables
STEP = 5  # per cent; the style sheet has classes w5 to w90 in these steps
SHORTEST_COLUMN = 2 * STEP
PROSE = 0.35  # how much a cell's full length counts beside its longest word
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
        elif len(heads) > WIDEST_GRID or _words_across(rows) > LONGEST_LINE:
            _cards(table, [text_of(head) for head in heads])
        else:
            _grid(table, rows)


def _words_across(rows: list[list[str]]) -> int:
    """The characters of the columns' longest words, side by side."""
    return sum(max(map(_longest_word, column)) for column in zip(*rows, strict=True))


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

    A column counts by its longest word and, less, by its longest cell.
    """
    columns = list(zip(*rows, strict=True))
    needs = [max(_need(text) for text in column) for column in columns]
    total = sum(needs) or 1
    shares = [
        max(SHORTEST_COLUMN, round(100 * need / total / STEP) * STEP) for need in needs
    ]
    widest = shares.index(max(shares))
    shares[widest] += 100 - sum(shares)
    return shares


def _need(text: str) -> float:
    return max(1, _longest_word(text)) + PROSE * len(text)


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
