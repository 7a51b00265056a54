"""Files of common kinds are read as what was put in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sounds import flac, media, tone

from earshot.audio.errors import UnreadableFile
from earshot.audio.files import read_file


@pytest.mark.parametrize(
    ("kind", "codec", "rate"),
    [
        ("wav", "pcm_s16le", 16_000),
        ("wav", "pcm_s16le", 44_100),
        ("wav", "pcm_f32le", 48_000),
        ("wav", "pcm_mulaw", 8_000),
        ("flac", "flac", 24_000),
        ("ogg", "libopus", 48_000),
        ("webm", "libopus", 48_000),
        ("mp3", "libmp3lame", 44_100),
        ("mp4", "aac", 48_000),
    ],
)
def test_a_second_of_tone(tmp_path: Path, kind: str, codec: str, rate: int) -> None:
    path = tmp_path / f"tone.{kind}"
    path.write_bytes(media(tone(rate, rate), kind, codec, rate))
    sound = read_file(path)
    assert sound.dtype == np.float32
    assert len(sound) == pytest.approx(16_000, abs=1_700)
    spectrum = np.abs(np.fft.rfft(sound[4000:12_000] * np.hanning(8000)))
    assert spectrum.argmax() * 2 == 440
    assert np.abs(sound[4000:12_000]).max() == pytest.approx(0.5, abs=0.07)


def test_16_khz_is_read_sample_by_sample(tmp_path: Path) -> None:
    path, sound = tmp_path / "tone.wav", tone(5000, 16_000)
    path.write_bytes(media(sound, "wav", "pcm_s16le", 16_000))
    assert np.array_equal(read_file(path) * 32_768, sound)


def test_two_channels_are_mixed_to_one(tmp_path: Path) -> None:
    path, sound = tmp_path / "tone.flac", tone(16_000, 16_000)
    path.write_bytes(flac(sound, layout="stereo"))
    assert np.allclose(read_file(path) * 32_768, sound, atol=2)


def test_a_title_in_latin_1_is_no_obstacle(tmp_path: Path) -> None:
    content = bytearray(media(tone(1000, 16_000), "wav", "pcm_s16le", 16_000))
    title = b"LIST" + (16).to_bytes(4, "little") + b"INFOINAM\4\0\0\0caf\xe9"
    at = content.index(b"data")
    content[at:at] = title
    path = tmp_path / "cafe.wav"
    path.write_bytes(content)
    assert len(read_file(path)) == 1000


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not audio at all" * 50])
def test_a_file_without_audio_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "letter.wav"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=r"letter\.wav"):
        read_file(path)


def test_no_file_is_the_systems_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "none.wav")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cut=st.integers(0, 4000),
    places=st.lists(st.integers(0, 3999), max_size=8),
    value=st.integers(0, 255),
)
def test_a_damaged_file_is_read_or_refused(
    tmp_path: Path, cut: int, places: list[int], value: int
) -> None:
    content = bytearray(FLAC)
    for place in places:
        content[-1 - place] ^= value
        content[place % 60] ^= value
    path = tmp_path / "damaged.flac"
    path.write_bytes(content[: len(content) - cut])
    try:
        sound = read_file(path)
    except UnreadableFile:
        return
    assert sound.ndim == 1


FLAC = flac(tone(8000, 16_000))
