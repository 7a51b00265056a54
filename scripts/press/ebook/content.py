"""A captured page as a content document of the EPUB."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from lxml import etree

from press import fragment
from press.book import Book
from press.capture import CapturedPage
from press.ebook import blocks
from press.ebook.document import (
    Document,
    heading_text,
    headings,
    identifier,
    meaning,
)
from press.findings import Finding, PressError
from press.fragment import classes, drop, element, find, having, tag, text_of

PageBreaks = list[tuple[int, str]]
NAV = "../nav.xhtml"
SCHEMES = ("http:", "https:", "mailto:")
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
LINKS = {
    "term": ("glossref", "doc-glossref"),
    "cite": ("biblioref", "doc-biblioref"),
}
MATTER = {"front": "frontmatter", "back": "backmatter"}
LEVELS = {"chapter": 1, "section": 2}
WITHOUT_HEADINGS = ("index",)
BREAK_WITHIN = tuple(map(tag, ("p", "li", "dt", "dd")))


def file_name(src: str) -> str:
    """The file of a manuscript page: `01-a/02-b.md` gives `01-a-02-b.xhtml`."""
    return src.removesuffix(".md").replace("/", "-") + ".xhtml"


@dataclass
class Converter:
    """Turns captured pages into documents and collects the images they show."""

    book: Book
    by_url: dict[str, str]
    breaks: dict[str, PageBreaks]
    image: Callable[[str, CapturedPage], str]
    seen_labels: set[str] = field(default_factory=set)

    def document(self, page: CapturedPage) -> Document:
        """The page's document; raises `PressError` for what an EPUB can't hold."""
        body = fragment.parse(page)
        pages = self._mark_pages(body, page)
        fragment.resolve_links(body, page, self.by_url, self._address(page))
        for node in find(body, ".//*[@id]"):
            node.set("id", identifier(node.get("id")))
        self._links(body)
        for change in (
            blocks.code,
            blocks.callouts,
            blocks.tables,
            blocks.footnotes,
            blocks.admonitions,
            blocks.tasks,
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
                return NAV
            if self.book.by_src[src].kind == "landing":
                return TITLE_PAGE
            target = "" if src == page.src and anchor else file_name(src)
            return target + (f"#{identifier(anchor)}" if anchor else "")

        return address

    def _links(self, body: etree._Element) -> None:
        for link in find(body, f".//h:a[{having('again')}]"):
            _drop_repeated(link)
        for link in find(body, f".//h:a[{having('term')}]"):
            meaning(link, *LINKS["term"])
        for link in find(body, f".//h:span[{having('cite')}]/h:a"):
            meaning(link, *LINKS["cite"])
        for link in find(body, f".//h:a[{having('book1')}]"):
            where = link.get("data-where", "")
            if where and not text_of(link).startswith(where.split(",")[0]):
                link.tail = f" ({where})" + (link.tail or "")

    def _images(self, body: etree._Element, page: CapturedPage) -> None:
        for node in find(body, ".//h:img"):
            node.set("src", "../" + self.image(node.get("src"), page))

    def _mark_pages(
        self, body: etree._Element, page: CapturedPage
    ) -> list[tuple[str, str]]:
        """Mark where the PDF's pages begin; returns their labels and ids."""
        marks = dict(self.breaks.get(page.src, ()))
        made: list[tuple[str, str]] = []
        for node in find(body, f".//*[@{fragment.BLOCK}]"):
            label = marks.get(int(node.get(fragment.BLOCK)))
            if label is None or label in self.seen_labels:
                continue
            anchor = identifier(f"page-{label}")
            if _insert_break(node, label, anchor):
                self.seen_labels.add(label)
                made.append((label, anchor))
        return made


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


def _insert_break(node: etree._Element, label: str, anchor: str) -> bool:
    """Put a page break at a block; footnotes hold none, for they are set apart."""
    if find(node, f"ancestor-or-self::h:div[{having('footnote')}]"):
        return False
    figure = find(node, "ancestor::h:figure[1]")
    cells = find(node, "./h:td | ./h:th")
    within: etree._Element | None = None
    if cells:
        within = cells[0]
    elif figure:
        node = figure[0]
    elif "admonition-title" in classes(node) or node.tag == tag("pre"):
        node = node.getparent()
    elif node.tag in BREAK_WITHIN:
        within = node
    mark = element("div" if within is None else "span", id=anchor, aria_label=label)
    meaning(mark, "pagebreak", "doc-pagebreak")
    if within is None:
        node.addprevious(mark)
    else:
        mark.tail, within.text = within.text, None
        within.insert(0, mark)
    return True


def _drop_repeated(link: etree._Element) -> None:
    """Take out an index entry's further place on a page it names already."""
    before = link.getprevious()
    if before is not None and (before.tail or "").strip(" ,") == "":
        before.tail = None
    drop(link)


def _refuse_forbidden(body: etree._Element, book: Book, page: CapturedPage) -> None:
    findings = []
    for node in find(body, FORBIDDEN):
        name = etree.QName(node).localname
        what = f"<{name} style=…>" if node.get("style") else f"<{name}>"
        path = book.by_src[page.src].path
        line = _line_of(book, page.src, f"<{name}")
        fix = "use Markdown, or class `site-only` to keep it on the site"
        message = f"an EPUB can't hold {what}"
        findings.append(Finding(path, line, "epub-html", message, fix))
    if findings:
        raise PressError(*findings)


def _line_of(book: Book, src: str, text: str) -> int:
    """The line of the manuscript page that holds `text`, else 1."""
    source = book.by_src[src].text
    return source.count("\n", 0, max(source.find(text), 0)) + 1


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


def unresolved(documents: list[Document], book: Book) -> Iterator[Finding]:
    """Links that lead nowhere, and ids that a file has twice."""
    ids = {document.name: document.ids() for document in documents}
    for document in documents:
        path = book.by_src[document.src].path if document.src else book.root
        for link in find(document.section, ".//h:a[@href]"):
            href = link.get("href")
            if not _leads_somewhere(href, document.name, ids):
                anchor = href.partition("#")[2] or href
                line = _line_of(book, document.src, anchor) if document.src else 1
                message = f"the link to {href} leads nowhere"
                fix = "mend the link or its target"
                yield Finding(path, line, "epub-link", message, fix)
        for name, count in Counter(ids[document.name]).items():
            if count > 1:
                message = f"the id “{name}” is there twice"
                yield Finding(path, 1, "epub-id", message, "rename one")


def _leads_somewhere(href: str, here: str, ids: dict[str, list[str]]) -> bool:
    """Whether the link goes to a page of the book or out of it to a known scheme."""
    if fragment.ABSOLUTE.match(href) or href == NAV:
        return href == NAV or href.startswith(SCHEMES)
    name, _, anchor = href.partition("#")
    known = ids.get(name or here)
    return known is not None and (not anchor or anchor in known)
