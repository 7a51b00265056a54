"""A captured page as a content document of the EPUB."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from press import fragment
from press.book import Book
from press.capture import CapturedPage
from press.ebook import blocks, links
from press.ebook.breaks import Breaks
from press.ebook.document import (
    Document,
    heading_text,
    headings,
    identifier,
    meaning,
)
from press.ebook.tables import tables
from press.findings import Finding, PressError
from press.fragment import classes, element, find

TITLE_PAGE = "title-page.xhtml"
FORBIDDEN = (
    ".//h:script | .//h:style | .//h:iframe | .//h:object | .//h:embed | .//h:form"
    " | .//h:input | .//h:button | .//h:select | .//h:textarea | .//h:video"
    " | .//h:audio | .//h:canvas | .//*[@style]"
)
SITE_ATTRIBUTES = ("tabindex", "title", "name")
CODE_MARKS = ("language-",)
FRONT_ROLES = ("preface", "foreword", "acknowledgments", "introduction")
# What a generated page is: `epub:type` and ARIA role.
GENERATED = {
    "glossary": ("glossary", "doc-glossary"),
    "index": ("index", "doc-index"),
    "refs": ("bibliography", "doc-bibliography"),
    "list-of-figures": ("loi", ""),
    "list-of-tables": ("lot", ""),
}
MATTER = {"front": "frontmatter", "back": "backmatter"}
LEVELS = {"chapter": 1, "section": 2}
WITHOUT_HEADINGS = ("index",)


def file_name(src: str) -> str:
    """The file of a manuscript page: `01-a/02-b.md` gives `01-a-02-b.xhtml`."""
    return src.removesuffix(".md").replace("/", "-") + ".xhtml"


@dataclass
class Converter:
    """Turns captured pages into documents and collects the images they show."""

    book: Book
    by_url: dict[str, str]
    breaks: Breaks
    image: Callable[[str, CapturedPage], str]

    def document(self, page: CapturedPage) -> Document:
        """The page's document; raises `PressError` for what an EPUB can't hold."""
        body = fragment.parse(page)
        pages = self.breaks.mark(body, page.src)
        fragment.resolve_links(body, page, self.by_url, self._address(page))
        for node in find(body, ".//*[@id]"):
            node.set("id", identifier(node.get("id")))
        links.mark(body)
        for change in (
            blocks.code,
            blocks.callouts,
            tables,
            blocks.footnotes,
            blocks.admonitions,
            blocks.tasks,
            blocks.places,
            blocks.terms,
            blocks.figures,
        ):
            change(body)
        self._images(body, page)
        _refuse_forbidden(body, self.book, page)
        _tidy(body)
        return self._document(body, page, pages)

    def _document(
        self, body: etree._Element, page: CapturedPage, pages: list[tuple[str, str]]
    ) -> Document:
        title = find(body, "./h:h1")[0]
        kind, role = meaning_of(self.book, page)
        section = element("section")
        section.text = "\n"
        section.extend(list(body))
        meaning(section, kind, role, title.get("id"))
        name = heading_text(title)
        number = f"{page.number}." if page.kind == "chapter" else page.number
        return Document(
            name=file_name(page.src),
            label=f"{number} {name}" if number else name,
            section=section,
            matter=MATTER.get(page.kind, "bodymatter"),
            level=LEVELS.get(page.kind, 0),
            role=kind,
            src=page.src,
            headings=[] if kind in WITHOUT_HEADINGS else headings(section),
            pages=pages,
        )

    def _address(self, page: CapturedPage) -> fragment.Address:
        contents = self.book.generated("contents")

        def address(src: str, anchor: str) -> str:
            if contents and src == contents.src:
                return links.NAV
            if self.book.by_src[src].kind == "landing":
                return TITLE_PAGE
            target = "" if src == page.src and anchor else file_name(src)
            return target + (f"#{identifier(anchor)}" if anchor else "")

        return address

    def _images(self, body: etree._Element, page: CapturedPage) -> None:
        for node in find(body, ".//h:img"):
            node.set("src", "../" + self.image(node.get("src"), page))


def meaning_of(book: Book, page: CapturedPage) -> tuple[str, str]:
    """A page's `epub:type` and ARIA role."""
    if page.kind == "chapter":
        return "chapter", "doc-chapter"
    if page.kind == "section":
        return "subchapter", ""
    for block, kind in GENERATED.items():
        generated = book.generated(block)
        if generated and generated.src == page.src:
            return kind
    if page.kind == "front":
        kind = next((name for name in FRONT_ROLES if name in page.src), "introduction")
        return kind, f"doc-{kind}"
    return "appendix", "doc-appendix"


def _refuse_forbidden(body: etree._Element, book: Book, page: CapturedPage) -> None:
    findings = []
    for node in find(body, FORBIDDEN):
        name = etree.QName(node).localname
        what = f"<{name} style=…>" if node.get("style") else f"<{name}>"
        path = book.by_src[page.src].path
        line = links.line_of(book, page.src, f"<{name}")
        fix = "use Markdown, or class `site-only` to keep it on the site"
        message = f"an EPUB can't hold {what}"
        findings.append(Finding(path, line, "epub-html", message, fix))
    if findings:
        raise PressError(*findings)


def _tidy(body: etree._Element) -> None:
    """Drop the attributes and class names that only the site uses."""
    for node in body.iter():
        for name in list(node.attrib):
            if name.startswith("data-") or name in SITE_ATTRIBUTES:
                del node.attrib[name]
        marks = [c for c in classes(node) if not c.startswith(CODE_MARKS)]
        if node.get("class") is not None:
            if marks:
                node.set("class", " ".join(marks))
            else:
                del node.attrib["class"]
