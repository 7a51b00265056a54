"""A format is what Earshot takes, or an error that says what it would take."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earshot.audio import errors
from earshot.audio.codecs import decoder
from earshot.audio.formats import RATES, Format

TAKEN = [(codec, rate) for codec, rates in RATES.items() for rate in rates]


@pytest.mark.parametrize(("codec", "rate"), TAKEN)
def test_what_the_table_lists_has_a_decoder(codec: str, rate: int) -> None:
    form = Format(codec, rate)
    assert form.decoded_rate == (48_000 if codec == "opus" else rate)
    assert len(decoder(form).flush()) == 0


@pytest.mark.parametrize(
    ("values", "error", "advice"),
    [
        ({"codec": "mp3"}, errors.UnknownCodec, "pcm16, mulaw, opus or flac"),
        ({"codec": "PCM16"}, errors.UnknownCodec, "use"),
        ({"rate": 44_100}, errors.RateNotAllowed, "8000, 16000, 24000 or 48000"),
        ({"codec": "mulaw"}, errors.RateNotAllowed, "use 8000"),
        ({"rate": 0}, errors.RateNotAllowed, "use"),
        ({"channels": 2}, errors.ChannelsNotAllowed, "send one"),
    ],
)
def test_a_refusal_says_what_to_use(
    values: dict[str, Any], error: type[errors.AudioError], advice: str
) -> None:
    with pytest.raises(error, match=advice):
        Format(**values)


@given(st.text(max_size=8), st.integers(), st.integers())
def test_any_description_is_taken_or_refused(
    codec: str, rate: int, channels: int
) -> None:
    try:
        form = Format(codec, rate, channels)
    except errors.AudioError:
        return
    assert (form.codec, form.rate) in TAKEN


def test_every_error_of_a_stream_has_a_code_of_its_own() -> None:
    kinds = set(errors.AudioError.__subclasses__()) - {errors.UnreadableFile}
    assert len({kind.code for kind in kinds} | {"bad_audio"}) == len(kinds) + 1
