"""What neither a page nor a drawing may hold: what runs, frames or calls elsewhere.

Words that flow in from titles, captions and data files are escaped where they are
printed. HTML in the Markdown is the author's own; here it is kept to what is inert
on the site, in the EPUB and in the PDF alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree, html

ACTIVE = frozenset(
    (
        *("applet", "base", "embed", "form", "frame", "iframe", "link", "meta"),
        *("object", "script", "animate", "foreignobject", "handler", "set"),
    )
)
ADDRESSES = frozenset(("action", "data", "formaction", "href", "src", "srcset", "to"))
PAGE_ADDRESS = re.compile(r"(?:https?|mailto):|data:image/(?!svg)|(?![\w+.-]*:)", re.I)
SVG_ADDRESS = re.compile(r"#|data:image/(?!svg)", re.I)
UNSEEN = re.compile(r"[\x00-\x20]+")  # which browsers pass over in an address
LONGEST = 40
FIX = "leave it out: pages hold nothing that runs or calls elsewhere"


def of_page(fragment: str) -> Iterator[str]:
    """What a page's HTML may not hold, each as it is written."""
    if fragment.strip():
        yield from _active(html.fragment_fromstring(fragment, "div"), PAGE_ADDRESS)


def of_drawing(root: etree._Element) -> Iterator[str]:
    """What an SVG may not hold, each as it is written."""
    declared = root.getroottree().docinfo.internalDTD
    if declared is not None and list(declared.iterentities()):
        yield "<!ENTITY>"
    yield from _active(root, SVG_ADDRESS)


def _active(root: etree._Element, address: re.Pattern[str]) -> Iterator[str]:
    for node in root.iter(etree.Element):
        name = _local(node.tag)
        if name in ACTIVE:
            yield f"<{name}>"
        for key, value in node.attrib.items():
            key = _local(key)
            if key.startswith("on"):
                yield f"{key}=…"
            elif key in ADDRESSES and not address.match(UNSEEN.sub("", value)):
                yield f"{key}={value.strip()[:LONGEST]}"


def _local(name: str) -> str:
    return name.rpartition("}")[2].lower()
