"""Blocks of a page as e-readers want them: code, tables, notes, boxes, terms."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from press.ebook.document import meaning
from press.fragment import (
    classes,
    drop,
    element,
    find,
    having,
    replace,
    tag,
    text_of,
    unwrap,
)

DEEPEST_INDENT = 24  # columns; classes i1 to i24 in the style sheet
WIDEST_OUTPUT = 44  # columns of recorded output that a phone shows at code size
# Pygments' classes that keep a mark that does not need colour.
TOKENS = {
    **dict.fromkeys(("k", "kc", "kd", "kn", "kp", "kr", "kt", "ow", "nt"), "k"),
    **dict.fromkeys(("c", "c1", "ch", "cm", "cp", "cpf", "cs"), "c"),
    **dict.fromkeys(("gp",), "gp"),
    **dict.fromkeys(("gd",), "gd"),
    **dict.fromkeys(("gi",), "gi"),
}
KINDS = {
    "incident": "Incident",
    "tradeoff": "Trade-off",
    "pitfall": "Pitfall",
    "checklist": "Checklist",
    "measured": "Measured",
    "exercise": "Exercise",
    "aside": "Aside",
    "planned": "Planned",
}
WARNINGS = ("pitfall", "incident")


def code(body: etree._Element) -> None:
    """Fences: `pre` of lines that wrap below their own indent.

    The line break stays inside the line's span, so that copied text and
    readers without the style sheet show each line once.
    """
    for box in find(body, f".//h:div[{having('highlight')}]"):
        pre = box.find(tag("pre"))
        lines = find(pre, f".//h:span[{having('ln')}]")
        kinds = ["code"]
        if "output" in classes(box):
            kinds.append("output")
            if max((len(text_of(line)) for line in lines), default=0) > WIDEST_OUTPUT:
                kinds.append("dense")
        pre.set("class", " ".join(kinds))
        replace(box, pre)
        for line in lines:
            _line(line)


def _line(line: etree._Element) -> None:
    text = "".join(line.itertext())
    indent = min(len(text) - len(text.lstrip(" ")), DEEPEST_INDENT)
    marked = ["hll"] if "hll" in classes(line) else []
    line.set("class", " ".join(["ln", *([f"i{indent}"] if indent else []), *marked]))
    for token in list(line.iter(tag("span")))[1:]:
        kind = next((TOKENS[name] for name in classes(token) if name in TOKENS), "")
        if "co" in classes(token):
            token.set("class", "co")
        elif kind:
            token.set("class", kind)
        else:
            unwrap(token)


def callouts(body: etree._Element) -> None:
    """The list below a listing: each item begins with the mark of its line."""
    path = f".//h:ol[{having('callouts')}] | .//h:div[{having('callouts')}]/h:ol"
    for listed in find(body, path):
        listed.set("class", "callouts")
        for number, item in enumerate(listed.findall(tag("li"))):
            mark = element("span", chr(ord("①") + number), class_="co")
            first = item.find(tag("p"))
            _lead(item if first is None else first, mark, " ")


def _lead(node: etree._Element, first: etree._Element, gap: str) -> None:
    """Put `first` and a gap before what the element holds."""
    first.tail = gap + (node.text or "").lstrip()
    node.text = None
    node.insert(0, first)


def footnotes(body: etree._Element) -> None:
    """References and notes that readers open in a pop-up; link back first."""
    back: dict[str, str] = {}
    for mark in find(body, f".//h:a[{having('footnote-ref')}]"):
        above = mark.getparent()
        mark.set("id", above.attrib.pop("id"))
        del mark.attrib["class"]
        meaning(mark, "noteref", "doc-noteref")
        back.setdefault(mark.get("href").partition("#")[2], mark.get("id"))
    for box in find(body, f".//h:div[{having('footnote')}]"):
        section = element("section", class_="footnotes", aria_label="Notes")
        meaning(section, "footnotes", "doc-endnotes")
        for number, item in enumerate(find(box, "./h:ol/h:li"), 1):
            section.append(_note(item, number, back[item.get("id")]))
        replace(box, section)


def _note(item: etree._Element, number: int, back: str) -> etree._Element:
    for link in find(item, f".//h:a[{having('footnote-backref')}]"):
        drop(link)
    note = meaning(element("aside", id=item.get("id")), "footnote", "doc-footnote")
    note.extend(list(item))
    last = note[-1]
    if len(last) and last[-1].tail:
        last[-1].tail = last[-1].tail.rstrip()
    elif not len(last) and last.text:
        last.text = last.text.rstrip()
    link = element("a", f"{number}.", href=f"#{back}", class_="back")
    link.set("aria-label", f"Back to reference {number}")
    meaning(link, role="doc-backlink")
    paragraph = note.find(tag("p"))
    if paragraph is None:
        paragraph = element("p")
        note.insert(0, paragraph)
    _lead(paragraph, link, " ")
    return note


def admonitions(body: etree._Element) -> None:
    """Boxes: sections named by their title, which says its kind in words."""
    for number, box in enumerate(find(body, f".//h:div[{having('admonition')}]"), 1):
        kind = next((name for name in classes(box) if name in KINDS), "")
        box.tag = tag("section")
        box.set("class", f"box {kind}".strip())
        meaning(box, role="doc-notice" if kind in WARNINGS else "note")
        title = box.find(tag("p"))
        if title is None or "admonition-title" not in classes(title):
            continue
        title.set("class", "box-title")
        title.set("id", f"box-{number}")
        meaning(box, label=f"box-{number}")
        if kind and text_of(title).replace("-", "").lower() != kind:
            _lead(title, element("span", KINDS[kind], class_="kind"), " ")
        elif kind:
            word = element("span", KINDS[kind], class_="kind")
            title[:] = [word]
            title.text = None


def tasks(body: etree._Element) -> None:
    """Check boxes as signs: an e-book has no form controls."""
    for box in find(body, ".//h:input[@type='checkbox']"):
        done = box.get("checked") is not None
        sign = element("span", "☑" if done else "☐", class_="task", role="img")
        sign.set("aria-label", "done" if done else "to do")
        replace(box, sign)


def terms(body: etree._Element) -> None:
    """The glossary as a list of terms and definitions."""
    for box in find(body, f".//h:div[{having('glossary')}]"):
        entries = find(box, f"./h:p[{having('term-entry')}]")
        if not entries:
            continue
        listed = element("dl", class_="glossary")
        for entry in entries:
            listed.extend(_term(entry))
        replace(box, listed)


def _term(entry: etree._Element) -> Iterator[etree._Element]:
    name = find(entry, f".//h:strong[{having('term-name')}]")[0]
    before, after = list(entry)[: entry.index(name)], name.tail
    term = element("dt", id=entry.get("id"))
    term.extend(before)
    definition = element("dd", (after or "").lstrip())
    definition.extend(list(entry)[entry.index(name) + 1 :])
    name.tail, name.tag = None, tag("dfn")
    del name.attrib["class"]
    term.append(meaning(name, "glossterm", "term"))
    meaning(definition, "glossdef", "definition").tail = "\n"
    yield term
    yield definition


def places(body: etree._Element) -> None:
    """Where a term or a fact is used, told in words as the references tell it."""
    for used in find(body, f".//h:span[{having('used-in')}]"):
        used.text = "Used in " + (used.text or "")
        used[-1].tail = (used[-1].tail or "") + "."


def figures(body: etree._Element) -> None:
    """An image stands in its figure by itself."""
    for paragraph in find(body, ".//h:figure/h:p[h:img]"):
        if len(paragraph) == 1 and not text_of(paragraph):
            unwrap(paragraph)
    for caption in find(body, ".//h:figcaption[count(*) = 1]/h:p"):
        unwrap(caption)
