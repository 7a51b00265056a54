"""Packets hold the audio that they say they hold."""

from __future__ import annotations

import numpy as np
import pytest
from sounds import tone

from earshot.audio.codecs import decoder
from earshot.audio.formats import ALL_RATES, RATE, Format, Samples
from earshot.client.packets import FORMATS, OPUS_MS, Packet, packets

SPOKEN = tone(RATE, RATE).astype(np.float32) / 32_768


def decoded(sent: list[Packet], form: Format) -> Samples:
    of_stream = decoder(form)
    return np.concatenate([of_stream.decode(packet.data) for packet in sent])


def pitch(samples: Samples, rate: int) -> float:
    """The loudest frequency in Hz."""
    loudness = np.abs(np.fft.rfft(samples))
    return float(np.argmax(loudness)) * rate / len(samples)


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize("ms", [10, 20, 40, 100])
def test_each_codec_gives_the_sound_back(form: Format, ms: int) -> None:
    sent = packets(SPOKEN, form, ms)
    heard = decoded(sent, form)
    assert len(sent) == 1000 // ms
    assert sum(packet.ms for packet in sent) == 1000
    assert len(heard) == pytest.approx(form.decoded_rate, rel=0.01)
    assert pitch(heard, form.decoded_rate) == pytest.approx(440, abs=5)
    assert float(np.abs(heard).max()) == pytest.approx(0.5, abs=0.15)


@pytest.mark.parametrize("rate", ALL_RATES)
def test_pcm_comes_at_every_rate(rate: int) -> None:
    form = Format("pcm16", rate)
    sent = packets(SPOKEN, form)
    assert {len(packet.data) for packet in sent} == {2 * rate // 50}
    assert pitch(decoded(sent, form), rate) == pytest.approx(440, abs=5)


def test_pcm_at_16_khz_is_exact() -> None:
    form = Format("pcm16")
    assert np.array_equal(decoded(packets(SPOKEN, form, 37), form)[:RATE], SPOKEN)


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_the_last_packet_is_filled_up_with_silence(form: Format) -> None:
    sent = packets(SPOKEN[: RATE // 100], form, 40)
    assert len(sent) == 1
    heard = decoded(sent, form)
    assert float(np.abs(heard[-len(heard) // 4 :]).max()) < 0.05


def test_no_audio_makes_no_packets() -> None:
    assert packets(SPOKEN[:0], Format("pcm16")) == []
    assert packets(SPOKEN[:0], Format("mulaw", 8_000)) == []


@pytest.mark.parametrize("ms", OPUS_MS)
def test_an_opus_packet_lasts_as_long_as_it_says(ms: int) -> None:
    form = FORMATS["opus"]
    sent = packets(SPOKEN, form, ms)
    of_stream = decoder(form)
    lengths = {len(of_stream.decode(packet.data)) for packet in sent[1:]}
    assert lengths == {ms * form.decoded_rate // 1000}


@pytest.mark.parametrize(
    ("form", "ms"), [(FORMATS["opus"], 30), (FORMATS["opus"], 1), (Format("flac"), 20)]
)
def test_packets_that_a_codec_does_not_have_are_refused(form: Format, ms: int) -> None:
    with pytest.raises(ValueError, match=f"no packets of {ms} ms .* {form.codec}"):
        packets(SPOKEN, form, ms)
