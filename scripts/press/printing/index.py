"""The subject index in print: page numbers, neighbours merged to ranges."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lxml import etree

from press.fragment import element, find, having
from press.printing.matter import runs

Position = Callable[[str], tuple[int, str] | None]


def number(section: etree._Element, position: Position) -> None:
    """Replace the places in every entry of the index by pages.

    `position` gives an anchor's place in the file and the page's label, or
    None when it isn't printed.
    """
    for entry in find(section, f".//h:div[{having('subject-index')}]//h:li"):
        links = find(entry, f"./h:a[{having('ixp')}]")
        if links:
            _renumber(entry, links, position)


def _renumber(
    entry: etree._Element, links: list[etree._Element], position: Position
) -> None:
    """Put page numbers where the entry's links stand; they stand in a row."""
    anchors: dict[tuple[int, str], str] = {}
    for link in links:
        anchor = link.get("href", "").removeprefix("#")
        place = position(anchor)
        if place:
            anchors.setdefault(place, anchor)
    at, rest = entry.index(links[0]), links[-1].tail
    for link in links:
        link.tail = None
        entry.remove(link)
    numbers = list(_numbers(anchors))
    for offset, node in enumerate(numbers):
        entry.insert(at + offset, node)
    if numbers:
        numbers[-1].tail = rest


def _numbers(anchors: dict[tuple[int, str], str]) -> Iterator[etree._Element]:
    by_label = {label: anchor for (_, label), anchor in anchors.items()}
    spans = runs(list(anchors))
    for at, (first, last) in enumerate(spans, 1):
        text = first if first == last else f"{first}–{last}"
        link = element("a", text, href=f"#{by_label[first]}", class_="ixp")
        link.tail = ", " if at < len(spans) else None
        yield link
