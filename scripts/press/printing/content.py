"""What stands on a page, made fit for print: notes, formulas, code, headings.

Each function changes the page's tree in place.
"""

from __future__ import annotations

import base64
import copy
import re

from lxml import etree

from press import math
from press.fragment import append_text, drop, element, find, having, replace, tag

WHITE = "#ffffff"
TEXT_SIZE = 10 * 4 / 3  # px; book.css sets the text at 10 pt
NOTE = "foot-note"  # a class that no author writes
NOTED = "data-note"  # tells a note from all others of the book
BOXES = {False: "☐", True: "☑"}
HEADING = re.compile(r"^h([1-5])$")


def on_page(drawing: str, paper: str) -> str:
    """A drawing whose ground, painted in the colour `paper`, lets the page through."""
    ground = re.compile(rf'(fill(?:="|:\s*)){paper}')
    return ground.sub(r"\1none", drawing, count=1).replace(paper, WHITE)


def svg_data(drawing: str) -> str:
    """A drawing as an address that holds it."""
    data = base64.b64encode(drawing.encode()).decode()
    return f"data:image/svg+xml;base64,{data}"


def footnotes(body: etree._Element) -> None:
    """Move each note to its reference, where print sets it below the page."""
    notes = {}
    for holder in find(body, f".//h:div[{having('footnote')}]"):
        for item in find(holder, ".//h:li[@id]"):
            for back in find(item, f".//h:a[{having('footnote-backref')}]"):
                drop(back)
            notes[item.get("id")] = item
        drop(holder)
    for mark in find(body, f".//h:a[{having('footnote-ref')}]"):
        item = notes.get(mark.get("href").removeprefix("#"))
        if item is None:
            continue
        holder = mark.getparent() if mark.getparent().tag == tag("sup") else mark
        replace(holder, _note(item))


def _note(item: etree._Element) -> etree._Element:
    """A footnote's item as one inline element, its paragraphs run together."""
    note = element("span", class_=NOTE)
    for paragraph in find(item, "./h:p") or [item]:
        if len(note) or note.text:
            append_text(note, " ")
        append_text(note, (paragraph.text or "").lstrip())
        for child in list(paragraph):
            note.append(copy.deepcopy(child))
    _trim_end(note)
    return note


def _trim_end(node: etree._Element) -> None:
    """Cut white space at the end of an element's text."""
    if len(node):
        node[-1].tail = (node[-1].tail or "").rstrip().rstrip("\xa0")
    elif node.text:
        node.text = node.text.rstrip()


def formulas(body: etree._Element) -> None:
    """Formulas as drawings that sit on the line, with their TeX to read aloud."""
    for formula in find(body, ".//m:math"):
        tex = formula.get("alttext", "")
        display = formula.get("display") == "block"
        drawing, depth = math.svg(tex, TEXT_SIZE, display)
        image = element(
            "img",
            src=svg_data(drawing),
            alt=formula.get("alttext", ""),
            class_="formula",
        )
        if not display:
            image.set("style", f"vertical-align:{-depth:.2f}px")
        replace(formula, image)


def code(body: etree._Element) -> None:
    """Lines of code as blocks: the line break at their end goes."""
    for block in find(body, f".//h:pre[.//h:span[{having('ln')}]]"):
        numbered = find(block, ".//h:span[@data-n]")
        if numbered:
            block.set("class", "numbered")
        for line in find(block, f".//h:span[{having('ln')}]"):
            _cut_break(line)


def _cut_break(line: etree._Element) -> None:
    last = line
    while len(last) and not last[-1].tail:
        last = last[-1]
    if len(last):
        last[-1].tail = last[-1].tail.removesuffix("\n")
    elif last.text:
        last.text = last.text.removesuffix("\n")
    if not "".join(line.itertext()):
        line.text = "\xa0"


def callouts(body: etree._Element) -> None:
    """Number the notes to a listing by the same circled figures as its lines."""
    for notes in find(body, f".//*[{having('callouts')}]"):
        for number, item in enumerate(find(notes, "descendant-or-self::h:ol/h:li")):
            item.set("data-co", chr(0x2460 + number))


def tasks(body: etree._Element) -> None:
    """Boxes to tick as characters."""
    for box in find(body, ".//h:input[@type='checkbox']"):
        replace(box, element("span", BOXES[box.get("checked") is not None]))


def lists(body: etree._Element) -> None:
    """Entries in a list of figures, tables or listings say their page."""
    path = './/h:div[starts-with(@class, "list-of-")]//h:li[h:a]'
    for item in find(body, path):
        item.set("data-page-of", find(item, "./h:a")[0].get("href", "#")[1:])


def headings(body: etree._Element, shift: int) -> None:
    for node in body.iter():
        level = HEADING.match(etree.QName(node).localname)
        if level and shift:
            node.tag = tag(f"h{min(6, int(level[1]) + shift)}")
