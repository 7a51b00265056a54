"""What the layout engine leaves out of a PDF: list bodies, page labels, a fixed id."""

from __future__ import annotations

from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name

ITEM_PARTS = (Name.Lbl, Name.LBody)


def finish(source: Path, target: Path, front: int) -> None:
    """Mend the tags of `source`, label its pages and write `target`.

    The first `front` pages are numbered in roman figures, the others from 1.
    """
    with pikepdf.open(source) as pdf:
        body_items(pdf)
        pdf.Root.PageLabels = labels(front, len(pdf.pages))
        pdf.save(
            target,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            deterministic_id=True,
        )


def labels(front: int, pages: int) -> Dictionary:
    """The page labels of a document with `front` pages of front matter."""
    ranges: list[object] = []
    if front:
        ranges += [0, Dictionary(S=Name.r)]
    if pages > front:
        ranges += [front, Dictionary(S=Name.D)]
    return Dictionary(Nums=Array(ranges))


def body_items(pdf: pikepdf.Pdf) -> int:
    """Put what stands straight in a list item into a list body (ISO 14289-1, 7.2).

    Returns how many items were mended.
    """
    mended = 0
    stack = [pdf.Root.StructTreeRoot]
    while stack:
        node = stack.pop()
        if node.get(Name.S) == Name.LI:
            mended += _wrap(pdf, node)
        stack += [kid for kid in _kids(node) if _is_element(kid)]
    return mended


def _wrap(pdf: pikepdf.Pdf, item: Dictionary) -> bool:
    kids = _kids(item)
    loose = [k for k in kids if not _is_element(k) or k.get(Name.S) not in ITEM_PARTS]
    if not loose:
        return False
    body = pdf.make_indirect(
        Dictionary(Type=Name.StructElem, S=Name.LBody, P=item, K=Array(loose))
    )
    if Name.Pg in item:
        body.Pg = item.Pg
    for kid in loose:
        if _is_element(kid):
            kid.P = body
    labels_first = [k for k in kids if _is_element(k) and k.get(Name.S) in ITEM_PARTS]
    item.K = Array([*labels_first, body])
    return True


def _kids(node: Dictionary) -> list:
    kids = node.get(Name.K)
    if kids is None:
        return []
    return list(kids) if isinstance(kids, Array) else [kids]


def _is_element(kid: object) -> bool:
    return isinstance(kid, Dictionary) and Name.S in kid
