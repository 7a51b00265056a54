"""The imprint names every model that Earshot uses, with its licence."""

from pathlib import Path

import pytest

from earshot.models import manifest
from press import book

ROOT = Path(__file__).resolve().parents[2]
MODELS = manifest.read().values()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_the_imprint_has_the_notice_of_a_model(model):
    owners = ", ".join(model.copyright).removesuffix(".")
    notice = f"{model.name} {model.version}: {owners}. {model.licence}."
    assert notice in book.load(ROOT).edition.notices
