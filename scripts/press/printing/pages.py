"""A captured page as a section of the print document.

Each function takes the page's tree (see `press.fragment`) and changes it in
place. Ids become unique in the book by a prefix, so a page's anchors are
`p7-sec-x` and the page itself is `p7`.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lxml import etree

from press import figures
from press.book import Book, Part
from press.capture import CapturedPage
from press.findings import Finding, PressError
from press.fragment import (
    ABSOLUTE,
    BLOCK,
    XHTML,
    classes,
    element,
    find,
    having,
    image_source,
    parse,
    resolve_links,
    tag,
    text_of,
    unwrap,
)
from press.printing import content
from press.theme import Theme

COVER = "cover"
CONTENTS = "contents"
TITLE = "title"
IMPRINT = "imprint"
PAGED = frozenset(("fig", "tbl", "lst", "eq", "sec"))
BOOK1_NAMED = re.compile(r"^Book 1, ")
SCHEME = re.compile(r"^(?:https?://(?:www\.)?|mailto:)")


@dataclass(frozen=True)
class Sheets:
    """The captured pages that are printed, and where links between them lead."""

    book: Book
    pages: tuple[CapturedPage, ...]
    theme: Theme

    @cached_property
    def by_url(self) -> dict[str, str]:
        """Sources by the pages' addresses on the site."""
        return {page.url: page.src for page in self.pages}

    @cached_property
    def drawings(self) -> dict[str, Path]:
        """The manuscript's drawings by their address on the site."""
        return figures.shown(self.book)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Each page's number among the captured pages, by source."""
        return {page.src: number for number, page in enumerate(self.pages)}

    def anchor(self, src: str, fragment: str = "") -> str:
        """The id in the print document of an id on a page."""
        page = self.pages[self.numbers[src]]
        if page.kind == "landing":
            return TITLE
        if is_contents(page):
            return CONTENTS
        name = f"p{self.numbers[src]}"
        return f"{name}-{fragment}" if fragment else name

    @cached_property
    def _sections(self) -> dict[str, etree._Element]:
        """The pages that were made, by source."""
        return {}

    def section(self, page: CapturedPage, shift: int = 0) -> etree._Element:
        """The page as a `section`, its headings lowered by `shift` levels."""
        if page.src not in self._sections:
            self._sections[page.src] = self._section(page)
        made = copy.deepcopy(self._sections[page.src])
        content.headings(made, shift)
        return made

    def _section(self, page: CapturedPage) -> etree._Element:
        body = parse(page)
        content.footnotes(body)
        content.formulas(body)
        self._images(body, page)
        content.code(body)
        content.callouts(body)
        self._links(body, page)
        self._anchors(body, page)
        content.tasks(body)
        content.lists(body)
        made = element("section", id=self.anchor(page.src), class_=page.kind)
        made.text = body.text
        made.extend(list(body))
        return made

    def _images(self, body: etree._Element, page: CapturedPage) -> None:
        """Point images at files; a figure holds its image without a paragraph."""
        for image in find(body, ".//h:img[not(starts-with(@src, 'data:'))]"):
            image.set("src", self._image(page, image.get("src")))
            for name in ("width", "height"):
                image.attrib.pop(name, None)
            parent = image.getparent()
            if parent.tag == tag("p") and len(parent) == 1 and not text_of(parent):
                image.set(BLOCK, parent.get(BLOCK, ""))
                unwrap(parent)

    def _image(self, page: CapturedPage, src: str) -> str:
        """An image as an address that holds it; drawings stand on the page itself."""
        address = image_source(page, src)
        path = self.drawings.get(address, self.book.docs / address)
        if not path.is_file():
            raise PressError(self._missing(page, src))
        drawing = path.read_bytes()
        if path.suffix != ".svg":
            return path.resolve().as_uri()
        paper = self.theme.palette["light"]["paper"]
        return content.svg_data(content.on_page(drawing.decode(), paper))

    def _missing(self, page: CapturedPage, src: str) -> Finding:
        path = self.book.docs / page.src
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        line = text.count("\n", 0, max(text.find(src), 0)) + 1
        message = f"the image {src} is missing"
        return Finding(path, line, "pdf", message, "add the file or mend the link")

    def _links(self, body: etree._Element, page: CapturedPage) -> None:
        """Links inside the book become anchors, others say where they lead."""
        resolve_links(
            body, page, self.by_url, lambda src, name: "#" + self.anchor(src, name)
        )
        mine = self.anchor(page.src) + "-"
        for link in find(body, ".//h:a[@href]"):
            href = link.get("href")
            link.attrib.pop("title", None)
            if "book1" in classes(link):
                _name_place(link)
            elif href.startswith("#"):
                if "ref" in classes(link) and link.text:
                    link.text = link.text.replace(" ", "\xa0")
                if "ref" in classes(link) and not href.startswith(f"#{mine}"):
                    _mark_far(link)
            elif ABSOLUTE.match(href) and not _is_shown(href, text_of(link)):
                _show_address(link)

    def _anchors(self, body: etree._Element, page: CapturedPage) -> None:
        """Prefix ids; say of each block and note which page and number it has."""
        number = self.numbers[page.src]
        notes = find(body, f".//h:span[{having(content.NOTE)}]")
        for at, note in enumerate(notes):
            note.set(content.NOTED, f"{number}:note-{at}")
        for node in body.iter():
            if node.get("id"):
                node.set("id", self.anchor(page.src, node.get("id")))
            if node.get(BLOCK):
                node.set(BLOCK, f"{number}:{node.get(BLOCK)}")


def part_anchor(part: Part) -> str:
    """The id of a part's own page."""
    return f"part-{part.number}"


def is_contents(page: CapturedPage) -> bool:
    """Whether the page is the manuscript's own table of contents."""
    return '<div class="contents">' in page.html


def _name_place(link: etree._Element) -> None:
    """After a link to the companion volume, its place in print."""
    place, text = link.attrib.pop("data-where", ""), text_of(link)
    chapter, _, title = place.partition(", “")
    if title and title.rstrip("”") in text:
        place = chapter
    if place and not BOOK1_NAMED.match(text):
        _after(link, element("span", f" ({place})", class_="where"))


def _mark_far(link: etree._Element) -> None:
    """A reference to another section prints the page, once in a paragraph."""
    kind = re.sub(r"^#p\d+-", "", link.get("href")).partition("-")[0]
    block = next((a for a in link.iterancestors() if a.get(BLOCK)), None)
    inside = {ancestor.tag for ancestor in link.iterancestors()}
    if kind not in PAGED or block is None or inside & {tag("table"), tag("figcaption")}:
        return
    same = [a for a in find(block, ".//h:a") if a.get("href") == link.get("href")]
    if same[0] is link:
        link.set("class", link.get("class") + " far")
        link.set("data-page-of", link.get("href")[1:])


def _is_shown(href: str, text: str) -> bool:
    """Whether the link's text is its address."""
    return SCHEME.sub("", href).rstrip("/") == SCHEME.sub("", text).rstrip("/")


def _show_address(link: etree._Element) -> None:
    """The whole address of a link out of the book, as a footnote."""
    note = element("span", class_=f"{content.NOTE} address")
    href = link.get("href")
    note.append(element("a", href.removeprefix("mailto:"), href=href))
    _after(link, note)


def _after(node: etree._Element, new: etree._Element) -> None:
    """Put an element right behind another, before the text that follows."""
    new.tail, node.tail = node.tail, None
    node.addnext(new)


def document(title: str, language: str, head: list, body: list) -> etree._Element:
    """A whole document for the layout engine, HTML without a namespace."""
    root = element("html", lang=language)
    top = element("head")
    top.append(element("title", title))
    top.extend(head)
    root.append(top)
    main = element("body")
    main.extend(body)
    root.append(main)
    for node in root.iter():
        node.tag = node.tag.removeprefix(f"{{{XHTML}}}")
    etree.cleanup_namespaces(root)
    return root


def path_of(sheets: Sheets, anchor: str) -> Path | None:
    """The manuscript page of an id in the print document."""
    match = re.match(r"^p(\d+)(?:-|$)", anchor)
    if not match or int(match[1]) >= len(sheets.pages):
        return None
    return sheets.book.docs / sheets.pages[int(match[1])].src


def cut_links(section: etree._Element) -> None:
    """Take out the links to pages that aren't in this section; their text stays."""
    here = {node.get("id") for node in section.iter() if node.get("id")}
    for link in find(section, ".//h:a[starts-with(@href, '#')]"):
        if link.get("href")[1:].partition("-")[0] not in here:
            unwrap(link)
