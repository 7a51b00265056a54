"""What print sets around the pages: cover, title, imprint, contents, parts."""

from __future__ import annotations

import os

from lxml import etree

from press.book import Book, Chapter, Part
from press.capture import CapturedPage
from press.fragment import element, find
from press.printing import cover, fonts
from press.printing.content import svg_data
from press.printing.pages import CONTENTS, COVER, IMPRINT, TITLE, Sheets, part_anchor
from press.theme import Theme

PROMISE = " Every chapter stays a draft until the author has reviewed it."
STATUS_NOTES = {
    "planned": "planned, not written",
    "begun": "begun",
    "draft": "draft, not yet reviewed by the author",
    "reviewed": "reviewed by the author",
}


def cover_page(book: Book) -> etree._Element:
    """The cover as one drawing over the whole page."""
    edition = book.edition
    page = element("section", class_="cover", id=COVER)
    page.append(
        element(
            "img",
            src=svg_data(cover.svg(book)),
            alt=f"Cover: {edition.title}. {edition.subtitle}. {edition.author}",
        )
    )
    return page


def title_page(book: Book) -> etree._Element:
    """Title, subtitle, author and edition."""
    edition = book.edition
    page = element("section", class_="title-page", id=TITLE)
    _line(page, "title", "\n".join(cover.lines(book, "title")))
    _line(page, "subtitle", edition.subtitle)
    _line(page, "author", edition.author)
    _line(page, "series", cover.series(book))
    _line(page, "edition", f"Version {edition.version}, {_day(book)}")
    return page


def imprint(book: Book, theme: Theme) -> etree._Element:
    """Version, rights, notices of fonts and others, how far each chapter is."""
    edition = book.edition
    page = element("section", class_="imprint", id=IMPRINT)
    _line(page, "name", edition.title)
    version = f"Version {edition.version}, {_day(book)}"
    if commit := os.environ.get("PRESS_RELEASE_COMMIT"):
        version += f", made from commit {commit}"
    _line(page, "", f"{version}.")
    _line(page, "", edition.rights)
    for notice in fonts.notices(theme):
        _line(page, "font", notice)
    for notice in edition.notices:
        _line(page, "notice", notice)
    if edition.repo_url:
        _line(page, "", f"Sources: {edition.repo_url}")
    if book.chapters:
        page.append(_statuses(book))
    return page


def _statuses(book: Book) -> etree._Element:
    """How far the chapters are, in words."""
    groups: dict[str, list[str]] = {}
    for chapter in book.chapters:
        groups.setdefault(chapter.status, []).append(str(chapter.number))
    texts = [
        f"{'chapters' if len(numbers) > 1 else 'chapter'} {_spans(numbers)} "
        f"{STATUS_NOTES.get(status, status)}"
        for status, numbers in groups.items()
    ]
    told = "; ".join(texts)
    return element("p", f"State of the text: {told}.{PROMISE}", class_="statuses")


def _spans(numbers: list[str]) -> str:
    """Numbers as text, runs of three or more shortened: “1, 3–5”."""
    return ", ".join(
        f"{a}–{b}" if b != a else a for a, b in runs([(int(n), n) for n in numbers])
    )


def runs(places: list[tuple[int, str]]) -> list[tuple[str, str]]:
    """Neighbouring positions joined: the names of each run's first and last.

    `places` are positions with their names, in any order, repeats allowed.
    """
    out: list[list[tuple[int, str]]] = []
    for place in sorted(set(places)):
        if out and place[0] == out[-1][-1][0] + 1:
            out[-1].append(place)
        else:
            out.append([place])
    return [(run[0][1], run[-1][1]) for run in out]


def contents(sheets: Sheets) -> etree._Element:
    """The table of contents, with the pages where each thing begins."""
    nav = element("section", class_="toc", id=CONTENTS)
    nav.append(element("h1", "Contents"))
    parts = {part.number: part for part in sheets.book.parts}
    shown: set[int] = set()
    for page in sheets.pages:
        anchor = sheets.anchor(page.src)
        if anchor in (CONTENTS, TITLE):
            continue
        if page.part and page.part not in shown:
            shown.add(page.part)
            part = parts[page.part]
            nav.append(_entry("part", part_anchor(part), part.roman, part.title))
        status = page.status if page.status == "planned" else None
        nav.append(_entry(page.kind, anchor, page.number, page.title, status))
    return nav


def _entry(
    kind: str,
    anchor: str,
    number: str,
    title: str,
    status: str | None = None,
) -> etree._Element:
    line = element("p", class_=f"entry {kind}")
    link = element("a", href=f"#{anchor}")
    label = f"Part {number}" if kind == "part" else number
    if label:
        link.append(element("span", label, class_="num"))
    link.append(element("span", title, class_="name"))
    if status:
        link.append(element("span", status, class_="status"))
    link.set("data-page-of", anchor)
    line.append(link)
    return line


def part_page(part: Part, sheets: Sheets) -> etree._Element:
    """A part's own page: its number, its title and its chapters."""
    page = element("section", class_="part", id=part_anchor(part))
    head = element("h1")
    head.append(element("span", f"Part {part.roman}", class_="num"))
    head[-1].tail = " "
    head.append(element("span", part.title, class_="name"))
    page.append(head)
    for chapter in part.chapters:
        line = element("p", class_="in-part")
        anchor = sheets.anchor(chapter.opener.src)
        link = element("a", href=f"#{anchor}")
        link.append(element("span", str(chapter.number), class_="num"))
        link[-1].tail = " "
        link.append(element("span", chapter.title, class_="name"))
        line.append(link)
        page.append(line)
    return page


def chapter(sheets: Sheets, chapter: Chapter) -> etree._Element:
    """A chapter's opener and sections as one section of the document."""
    made = element("section", class_="chapter", data_title=running_title(chapter))
    for page in chapter.pages:
        number = sheets.numbers.get(page.src)
        if number is None:
            continue
        opener = page is chapter.opener
        made.append(sheets.section(sheets.pages[number], 0 if opener else 1))
    if len(made):
        made[0].set("class", "opener")
        _mark_opening(made[0], running_title(chapter))
    return made


def back(sheets: Sheets, page: CapturedPage) -> etree._Element:
    """A page of the back matter; short lists may follow one another on a page."""
    made = sheets.section(page)
    if find(made, './/h:div[starts-with(@class, "list-of-")]'):
        made.set("class", "back lists")
    _mark_opening(made, page.title)
    return made


def running_title(chapter: Chapter) -> str:
    """What a chapter's page heads say."""
    return f"{chapter.number}  {chapter.title}"


def _mark_opening(section: etree._Element, title: str) -> None:
    """What follows the title carries the head of the pages to come."""
    after = next(iter(section[1:]), None)
    if after is not None:
        after.set("data-head", title)


def _line(page: etree._Element, name: str, text: str) -> None:
    if text:
        page.append(element("p", text, **({"class_": name} if name else {})))


def _day(book: Book) -> str:
    date = book.edition.date
    return f"{date.day} {date:%B %Y}"
