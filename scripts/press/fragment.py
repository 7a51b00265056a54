"""Transforms of a rendered page that the PDF and the EPUB share.

A captured fragment is parsed once into an lxml tree in the XHTML namespace;
every function here takes such a tree and changes it in place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote, urldefrag, urljoin

import tinyhtml5
from lxml import etree

from press.capture import CapturedPage

XHTML = "http://www.w3.org/1999/xhtml"
SVG = "http://www.w3.org/2000/svg"
MATHML = "http://www.w3.org/1998/Math/MathML"
NS = {"h": XHTML, "svg": SVG, "m": MATHML}
BLOCKS = frozenset(
    f"{{{XHTML}}}{name}"
    for name in ("p", "h1", "h2", "h3", "h4", "pre", "figure", "tr", "li", "dt", "dd")
)
ABSOLUTE = re.compile(r"^[a-z][a-z0-9+.-]*:")
BLOCK = "data-block"

Address = Callable[[str, str], str]


def tag(name: str) -> str:
    """An XHTML element's qualified name."""
    return f"{{{XHTML}}}{name}"


def element(name: str, text: str | None = None, **attributes: str) -> etree._Element:
    """A new XHTML element; `class_` stands for `class`, `_` for `-`."""
    made = etree.Element(tag(name), nsmap={None: XHTML})
    made.text = text
    for key, value in attributes.items():
        made.set(key.rstrip("_").replace("_", "-"), value)
    return made


def classes(node: etree._Element) -> list[str]:
    """The element's class names."""
    return (node.get("class") or "").split()


def find(node: etree._Element, path: str) -> list[etree._Element]:
    """XPath with the prefixes h (XHTML), svg and m (MathML)."""
    return node.xpath(path, namespaces=NS)


def having(name: str) -> str:
    """An XPath condition: the class attribute holds `name`."""
    return f'contains(concat(" ", normalize-space(@class), " "), " {name} ")'


def text_of(node: etree._Element) -> str:
    """All text of the element, white space folded."""
    return " ".join("".join(node.itertext()).split())


def parse(page: CapturedPage) -> etree._Element:
    """The page's fragment as a `body` element, its blocks numbered.

    The numbers (`data-block`) are the same for every output, so that the PDF
    can tell the EPUB on which page a block begins.
    """
    tree = tinyhtml5.parse(f"<!DOCTYPE html><body>{page.html}")
    body = _copied(tree).find(tag("body"))
    _drop_site_only(body)
    for number, node in enumerate(n for n in body.iter() if n.tag in BLOCKS):
        node.set(BLOCK, str(number))
    return body


def _copied(node) -> etree._Element:
    """A tinyhtml5 tree as an lxml tree, without comments."""
    namespace = node.tag[1:].partition("}")[0]
    made = etree.Element(node.tag, nsmap={None: namespace})
    for key, value in node.attrib.items():
        if not key.startswith(("{http://www.w3.org/2000/xmlns/}", "xmlns")):
            made.set(key, value)
    made.text = node.text
    for child in node:
        if isinstance(child.tag, str):
            copy = _copied(child)
            copy.tail = child.tail
            made.append(copy)
        else:
            append_text(made, child.tail)
    return made


def append_text(node: etree._Element, text: str | None) -> None:
    """Add text after the element's last child."""
    if not text:
        return
    if len(node):
        node[-1].tail = (node[-1].tail or "") + text
    else:
        node.text = (node.text or "") + text


def drop(node: etree._Element) -> None:
    """Take an element out and keep the text that follows it."""
    parent = node.getparent()
    before = node.getprevious()
    if node.tail:
        if before is not None:
            before.tail = (before.tail or "") + node.tail
        else:
            parent.text = (parent.text or "") + node.tail
    parent.remove(node)


def unwrap(node: etree._Element) -> None:
    """Take an element's tags out and keep what is inside."""
    parent, index = node.getparent(), node.getparent().index(node)
    children = list(node)
    before = node.getprevious()
    lead = node.text or ""
    if before is not None:
        before.tail = (before.tail or "") + lead
    else:
        parent.text = (parent.text or "") + lead
    tail = node.tail
    parent.remove(node)
    for offset, child in enumerate(children):
        parent.insert(index + offset, child)
    if children:
        children[-1].tail = (children[-1].tail or "") + (tail or "")
    elif before is not None:
        before.tail = (before.tail or "") + (tail or "")
    else:
        parent.text = (parent.text or "") + (tail or "")


def replace(old: etree._Element, new: etree._Element) -> None:
    """Put one element in another's place; the text after it stays."""
    new.tail = old.tail
    old.getparent().replace(old, new)


def _drop_site_only(body: etree._Element) -> None:
    """What only a browser needs: permalinks, dark drawings, buttons, tab stops."""
    for node in find(body, f".//h:a[{having('headerlink')}]"):
        drop(node)
    for node in find(body, './/h:img[contains(@src, "#only-dark")]'):
        drop(node)
    for node in find(body, './/h:img[contains(@src, "#only-light")]'):
        node.set("src", node.get("src").removesuffix("#only-light"))
        if node.tail and not node.tail.strip():
            node.tail = None
    for node in find(
        body, f".//*[{having('site-only')}] | .//h:a[{having('md-button')}]"
    ):
        drop(node)
    for node in find(body, ".//h:pre[@tabindex]"):
        del node.attrib["tabindex"]


def resolve_links(
    body: etree._Element, page: CapturedPage, by_url: dict[str, str], address: Address
) -> None:
    """Rewrite links between pages by `address(src, fragment)`.

    `by_url` maps the pages' addresses on the site to their sources. Links out
    of the book stay; a link to a file of the site that is no page is unwrapped.
    """
    for node in find(body, ".//h:a[@href]"):
        href = node.get("href")
        if ABSOLUTE.match(href):
            continue
        url, fragment = urldefrag(urljoin("/" + page.url, href))
        url = url.lstrip("/").removesuffix("index.html")
        if url in by_url:
            node.set("href", address(by_url[url], unquote(fragment)))
        else:
            unwrap(node)


def image_source(page: CapturedPage, src: str) -> str:
    """An image's address from the root of the site."""
    return urljoin("/" + page.url, src).lstrip("/")
