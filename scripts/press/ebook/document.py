"""A content document of the EPUB: one XHTML file and what navigation needs of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree

from press.fragment import MATHML, NS, XHTML, classes, element, tag

OPS = "http://www.idpf.org/2007/ops"
XML = "http://www.w3.org/XML/1998/namespace"
TEXT = "text"
STYLES = "../css/book.css"
NOT_IN_ID = re.compile(r"[^\w.-]")
SILENT = ("num", "status")


@dataclass
class Document:
    """An XHTML file below `text/`, or in another `folder`.

    `level` is its depth in the contents (0 to 2, None keeps it out), `role` its
    `epub:type`, `src` the manuscript page that it was made from.
    """

    name: str
    label: str
    section: etree._Element
    matter: str
    level: int | None = 0
    role: str = ""
    src: str = ""
    headings: list[tuple[str, str]] = field(default_factory=list)
    pages: list[tuple[str, str]] = field(default_factory=list)
    folder: str = f"{TEXT}/"

    @property
    def href(self) -> str:
        """The file's address in the package."""
        return f"{self.folder}{self.name}"

    def ids(self) -> list[str]:
        """All ids of the document, in reading order."""
        return [node.get("id") for node in self.section.iter() if node.get("id")]

    def properties(self) -> list[str]:
        """What the manifest has to say about the file's content."""
        return ["mathml"] if self.has_math() else []

    def has_math(self) -> bool:
        """Whether the document holds a formula."""
        return next(self.section.iter(f"{{{MATHML}}}math"), None) is not None

    def markup(self, language: str) -> bytes:
        """The whole file."""
        root = etree.Element(tag("html"), nsmap={None: XHTML, "epub": OPS})
        root.set("lang", language)
        root.set(f"{{{XML}}}lang", language)
        head = etree.SubElement(root, tag("head"))
        head.append(element("meta", charset="utf-8"))
        head.append(element("title", self.label))
        head.append(element("link", rel="stylesheet", type="text/css", href=STYLES))
        body = meaning(etree.SubElement(root, tag("body")), self.matter)
        body.append(self.section)
        return serialise(root)


def serialise(root: etree._Element) -> bytes:
    """An XHTML tree as the bytes of a file."""
    etree.cleanup_namespaces(root, keep_ns_prefixes=["epub"])
    return etree.tostring(
        root, encoding="utf-8", xml_declaration=True, doctype="<!DOCTYPE html>"
    )


def meaning(
    node: etree._Element, kind: str = "", role: str = "", label: str = ""
) -> etree._Element:
    """Give an element its `epub:type`, ARIA role and the id that labels it."""
    if kind:
        node.set(f"{{{OPS}}}type", kind)
    if role:
        node.set("role", role)
    if label:
        node.set("aria-labelledby", label)
    return node


def identifier(given: str) -> str:
    """An id of the site as one that XML allows (`fn:1` becomes `fn-1`)."""
    name = NOT_IN_ID.sub("-", given)
    return name if name[:1].isalpha() or name[:1] == "_" else f"x{name}"


def heading_text(node: etree._Element) -> str:
    """A heading's words without its number; a formula gives its symbols."""
    parts = [node.text or ""]
    for child in node:
        if not set(SILENT) & set(classes(child)):
            parts.append(heading_text(child))
        parts.append(child.tail or "")
    return " ".join("".join(parts).split())


def headings(section: etree._Element, level: str = "h2") -> list[tuple[str, str]]:
    """Text and id of the section's headings of one level."""
    found = section.xpath(f".//h:{level}[@id]", namespaces=NS)
    return [(heading_text(node), node.get("id")) for node in found]
