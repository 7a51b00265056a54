"""Repairs of a finished page: what Material's markup lacks, and the policy.

Each repair takes the page's tree and changes it in place.
"""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import urlsplit

from lxml import html as lxml_html
from lxml.etree import _Element

EXECUTED = (None, "", "text/javascript", "module")
DOWNLOADS = {".pdf": "application/pdf", ".epub": "application/epub+zip"}
POLICY = (
    "default-src 'self'; style-src 'self'; script-src 'self'{hashes}; "
    "img-src 'self' data:; base-uri 'self'; form-action 'self'"
)


def _drop_styles(document: _Element) -> None:
    """Inline styles, which the policy forbids."""
    for element in document.xpath("//*[@style]"):
        del element.attrib["style"]
    for element in document.xpath("//style"):
        element.drop_tree()


def _drop_palettes(document: _Element) -> None:
    """Material's ready-made palettes; the book has its own."""
    for link in document.xpath("//link[contains(@href, 'stylesheets/palette.')]"):
        link.drop_tree()


def _name_controls(document: _Element) -> None:
    """Names that assistive technology needs and Material leaves out."""
    for dialog in document.xpath("//*[@role='dialog' and not(@aria-label)]"):
        dialog.set("aria-label", "Search")
    for link in document.xpath("//a[@class='headerlink']"):
        link.set("aria-label", "Link to this heading")
        link.attrib.pop("title", None)
    boxes = "[self::li or self::p]/input[@type='checkbox' and not(@aria-label)]"
    for box in document.xpath(f"//*{boxes}"):
        box.set("aria-label", " ".join(box.getparent().text_content().split()))


def _drop_invalid(document: _Element) -> None:
    """Attributes that HTML doesn't allow where Material puts them."""
    for box in document.xpath("//input[@type='checkbox' and @autocomplete]"):
        del box.attrib["autocomplete"]
    for anchor in document.xpath("//a[@id and @name]"):
        del anchor.attrib["name"]


def _wrap_tables(document: _Element) -> None:
    """A table in a box that scrolls by itself, also by keyboard."""
    for table in document.xpath("//article//table[not(@class)]"):
        box = lxml_html.Element("div")
        box.set("class", "scroll")
        box.set("tabindex", "0")
        box.set("role", "region")
        box.set("aria-label", _caption(table))
        table.set("class", "cells")
        box.tail, table.tail = table.tail, None
        table.getparent().replace(table, box)
        box.append(table)


def _reach_scrollers(document: _Element) -> None:
    """What scrolls sideways on a phone does so by keyboard, too."""
    for code in document.xpath("//pre[@tabindex]/code"):
        code.set("tabindex", code.getparent().attrib.pop("tabindex"))
    for equation in document.xpath("//*[contains(@class, 'equation')]"):
        number = equation.xpath("string(*[@class='eqno'])").strip("()")
        equation.set("tabindex", "0")
        equation.set("role", "group")
        equation.set("aria-label", f"Equation {number}".strip())


def _caption(table: _Element) -> str:
    labels = table.xpath("ancestor::figure[1]//*[@class='label']")
    return labels[0].text_content() if labels else "Table"


def _defer_images(document: _Element) -> None:
    """Images that load when they come near, so never the other scheme's."""
    for image in document.xpath("//article//img"):
        image.set("loading", "lazy")


def _type_downloads(document: _Element) -> None:
    """The type of the site's own files that links offer."""
    for suffix, kind in DOWNLOADS.items():
        for link in document.xpath("//a[contains(@href, $suffix)]", suffix=suffix):
            address = urlsplit(link.get("href"))
            if address.path.endswith(suffix) and not address.netloc:
                link.set("type", kind)


REPAIRS = (
    _drop_styles,
    _drop_palettes,
    _name_controls,
    _drop_invalid,
    _wrap_tables,
    _reach_scrollers,
    _defer_images,
    _type_downloads,
)


def mend(document: _Element) -> None:
    """All repairs of a page, in place."""
    for repair in REPAIRS:
        repair(document)


def add_policy(document: _Element) -> None:
    """The content security policy, first in the head so that it holds for all."""
    scripts = [
        script.text or ""
        for script in document.iter("script")
        if script.get("src") is None and script.get("type") in EXECUTED
    ]
    hashes = "".join(f" '{digest}'" for digest in sorted(map(_digest, set(scripts))))
    policy = lxml_html.Element("meta")
    policy.set("http-equiv", "Content-Security-Policy")
    policy.set("content", POLICY.format(hashes=hashes))
    document.find("head").insert(0, policy)


def _digest(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
