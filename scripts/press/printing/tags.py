"""What the layout engine leaves to mend in a PDF: tags, page labels, a fixed id."""

from __future__ import annotations

from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Object

ITEM_PARTS = (Name.Lbl, Name.LBody)


def finish(source: Path, target: Path, front: int) -> set[str]:
    """Mend the tags of `source`, label its pages and write `target`.

    The first `front` pages are numbered in roman figures, the others from 1.
    Returns the names of the embedded fonts, such as `Inter-Semi-Bold`.
    """
    with pikepdf.open(source) as pdf:
        mend(pdf)
        pdf.Root.PageLabels = labels(front, len(pdf.pages))
        pdf.save(
            target,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            deterministic_id=True,
        )
        return {
            str(thing.BaseFont).lstrip("/").partition("+")[2]
            for thing in pdf.objects
            if _is_dictionary(thing) and thing.get(Name.Subtype) == Name.Type0
        }


def labels(front: int, pages: int) -> Dictionary:
    """The page labels of a document with `front` pages of front matter."""
    ranges: list[object] = []
    if front:
        ranges += [0, Dictionary(S=Name.r)]
    if pages > front:
        ranges += [front, Dictionary(S=Name.D)]
    return Dictionary(Nums=Array(ranges))


def mend(pdf: pikepdf.Pdf) -> None:
    """Walk the tags once: item bodies (ISO 14289-1, 7.2), one annotation a link."""
    dropped: set[tuple[int, int]] = set()
    stack: list[tuple[Object, bool]] = [(pdf.Root.StructTreeRoot, False)]
    while stack:
        node, in_link = stack.pop()
        kind = node.get(Name.S)
        if kind == Name.LI:
            _wrap(pdf, node)
        if in_link:
            dropped |= _cut_annotations(node)
            if kind == Name.Link:
                node.S = Name.Span
        inside = in_link or kind == Name.Link
        stack += [(kid, inside) for kid in _kids(node) if _is_element(kid)]
    _drop(pdf, dropped)


def _wrap(pdf: pikepdf.Pdf, item: Object) -> None:
    """Put what stands straight in a list item into a list body."""
    kids = _kids(item)
    parts = [k for k in kids if _is_element(k) and k.get(Name.S) in ITEM_PARTS]
    loose = [k for k in kids if not _is_element(k) or k.get(Name.S) not in ITEM_PARTS]
    if not loose:
        return
    body = pdf.make_indirect(
        Dictionary(Type=Name.StructElem, S=Name.LBody, P=item, K=Array(loose))
    )
    if Name.Pg in item:
        body.Pg = item.Pg
    for kid in loose:
        if _is_element(kid):
            kid.P = body
    item.K = Array([*parts, body])


def _cut_annotations(node: Object) -> set[tuple[int, int]]:
    """Take annotations out of an element inside a link; returns which."""
    kids = _kids(node)
    cut = [k for k in kids if _is_dictionary(k) and k.get(Name.Type) == Name.OBJR]
    if cut:
        node.K = Array([k for k in kids if not any(k is c for c in cut)])
    return {kid.Obj.objgen for kid in cut}


def _drop(pdf: pikepdf.Pdf, annotations: set[tuple[int, int]]) -> None:
    """Take annotations off their pages and out of the parent tree."""
    if not annotations:
        return
    parents: set[int] = set()
    for page in pdf.pages:
        kept = []
        for annotation in page.obj.get(Name.Annots, ()):
            if annotation.objgen in annotations:
                parents.add(int(annotation.StructParent))
            else:
                kept.append(annotation)
        if Name.Annots in page.obj:
            page.obj.Annots = Array(kept)
    tree = pdf.Root.StructTreeRoot.ParentTree
    pairs = list(tree.Nums)
    tree.Nums = Array(
        item
        for key, value in zip(pairs[::2], pairs[1::2], strict=True)
        if int(key) not in parents
        for item in (key, value)
    )


def _kids(node: Object) -> list:
    kids = node.get(Name.K)
    if kids is None:
        return []
    return list(kids) if isinstance(kids, Array) else [kids]


def _is_dictionary(kid: object) -> bool:
    return isinstance(kid, Dictionary)


def _is_element(kid: object) -> bool:
    return isinstance(kid, Dictionary) and Name.S in kid
