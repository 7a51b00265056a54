"""The real book's PDF: what it links to, what it prints, where its text stands."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from built_book import Built, told

from press.checks.outputs import code, pdf, tools, validators


@pytest.mark.parametrize("rule", pdf.RULES, ids=lambda rule: rule.__name__)
def test_rule(rule: Callable, outputs: Built) -> None:
    assert told(rule(outputs.pdf)) == []


def test_there_is_something_to_judge(outputs: Built) -> None:
    assert len(outputs.pdf.links) > len(outputs.book.pages)
    assert len(list(pdf.led(outputs.pdf))) > len(outputs.book.chapters)
    assert len(list(pdf.indexed(outputs.pdf))) > 0


def test_every_line_of_code_is_printed(outputs: Built) -> None:
    assert told(code.in_pdf(outputs.book, outputs.pdf.texts)) == []


@pytest.mark.external
def test_pdf_is_accessible_in_verapdfs_eyes(outputs: Built) -> None:
    assert told(validators.verapdf(outputs.pdf.path, tools.verapdf())) == []
