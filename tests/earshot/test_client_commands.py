"""`earshot stream` and `earshot load` as their users see them."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sounds import media, noise
from stub_server import Faults, Service, Stub

from earshot.api.messages import (
    Error,
    Final,
    Partial,
    ServerEvent,
    Timing,
    WarningEvent,
    parse_event,
)
from earshot.client import load as loads
from earshot.client import stream as streams
from earshot.client.commands import load, stream
from earshot.client.screen import CLEAR, Screen, tail

PACKETS = 25
WORDS = [
    " ".join(map(str, range(start, min(start + 10, PACKETS)))) for start in (0, 10, 20)
]


@pytest.fixture
def spoken(tmp_path: Path) -> Path:
    """Half a second of audio: 25 packets."""
    path = tmp_path / "spoken.wav"
    path.write_bytes(media(noise(8000), "wav", "pcm_s16le", 16_000))
    return path


@contextmanager
def serving(
    faults: Faults | None = None, service: Service | None = None
) -> Iterator[Stub]:
    """A stub with a loop of its own, as a command has one."""
    stub, begun = Stub(faults, service), threading.Event()
    over: asyncio.Future[None]
    loop = asyncio.new_event_loop()

    async def main() -> None:
        nonlocal over
        over = loop.create_future()
        async with stub:
            begun.set()
            await over

    thread = threading.Thread(target=loop.run_until_complete, args=(main(),))
    thread.start()
    begun.wait()
    try:
        yield stub
    finally:
        loop.call_soon_threadsafe(over.set_result, None)
        thread.join()
        loop.close()


def streamed(path: Path, *options: str, faults: Faults | None = None) -> Result:
    with serving(faults) as stub:
        arguments = [str(path), "--url", stub.url, *options]
        return CliRunner().invoke(stream, arguments)


def test_a_file_is_streamed_and_its_finals_are_lines(spoken: Path) -> None:
    result = streamed(spoken)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == WORDS
    assert result.stderr.startswith("first words 0.")
    assert "first stable word 0." in result.stderr
    assert "final 0." in result.stderr


def test_unpaced_times_are_not_told(spoken: Path) -> None:
    result = streamed(spoken, "--unpaced")
    assert result.stdout.splitlines() == WORDS
    assert result.stderr == ""


@pytest.mark.parametrize("codec", ["pcm16", "mulaw", "opus"])
def test_each_codec_is_declared_as_it_is_sent(spoken: Path, codec: str) -> None:
    with serving() as stub:
        arguments = [str(spoken), "--url", stub.url, "--codec", codec, "--unpaced"]
        assert CliRunner().invoke(stream, arguments).exit_code == 0
    (config,) = stub.configs
    assert config.codec == codec
    assert config.rate == (8_000 if codec == "mulaw" else 16_000)
    assert len(stub.service.sessions["s1"].got) == PACKETS


def test_json_has_every_event_on_a_line(spoken: Path) -> None:
    result = streamed(spoken, "--json", "--unpaced")
    events = [parse_event(line) for line in result.stdout.splitlines()]
    assert events[0].type == "ready"
    assert [e.text for e in events if isinstance(e, Final)] == WORDS
    assert events[-1].type == "session.ended"
    assert result.stderr == ""


def test_a_lost_connection_is_no_failure(spoken: Path) -> None:
    result = streamed(spoken, "--unpaced", faults=Faults(breaks=[7, 18]))
    assert result.exit_code == 0
    assert result.stdout.splitlines() == WORDS


def refusal(code: str = "overloaded") -> Error:
    return Error(
        seq=1,
        code=code,
        message="no room",
        fatal=True,
        retry_ms=1000,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        (Faults(refusals=[refusal()]), "Error: no room\n"),
        (Faults(partings=[4409]), "another connection took the session over\n"),
        (Faults(ending="draining"), "the session ended early: draining\n"),
    ],
)
def test_a_failure_is_one_line_and_status_1(
    spoken: Path, faults: Faults, words: str
) -> None:
    result = streamed(spoken, "--unpaced", faults=faults)
    assert result.exit_code == 1
    assert result.stderr.endswith(words)
    assert result.stderr.count("\n") == 1


def test_no_server_is_one_line_and_status_1(spoken: Path) -> None:
    with serving() as stub:
        pass
    for command in (stream, load):
        file = [str(spoken)] if command is stream else ["--file", str(spoken)]
        result = CliRunner().invoke(command, [*file, "--url", stub.url])
        assert result.exit_code == 1
        assert result.stderr.startswith("Error: no server answers at ws://")
        assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        (b"no audio at all", [], "no audio that can be read"),
        (media(noise(1), "wav", "pcm_s16le", 16_000)[:-2], [], "no audio in it"),
        (None, ["--codec", "opus", "--packet-ms", "30"], "no packets of 30 ms"),
    ],
)
def test_a_file_that_makes_no_packets_is_one_line(
    spoken: Path, content: bytes | None, options: list[str], words: str
) -> None:
    if content is not None:
        spoken.write_bytes(content)
    result = CliRunner().invoke(stream, [str(spoken), *options])
    assert result.exit_code == 1
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


def partial(stable: str, unstable: str) -> Partial:
    return Partial(
        segment=1,
        start_ms=0,
        stable=stable,
        stable_ms=0,
        unstable=unstable,
        end_ms=1,
        timing=Timing(),
    )


def final(text: str) -> Final:
    return Final(
        segment=1,
        start_ms=0,
        voice_ms=1,
        end_ms=1,
        text=text,
        reason="cap",
        timing=Timing(),
    )


def shown(live: bool, *events: ServerEvent) -> None:
    screen = Screen(live)
    for event in events:
        screen.show(event)
    screen.end()


def test_a_terminal_shows_what_may_change_dimmed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown(True, partial("the cat", "sat"), final("the cat sat"))
    out = capsys.readouterr().out
    assert out == f"{CLEAR}the cat \x1b[2msat\x1b[0m{CLEAR}the cat sat\n{CLEAR}"


def test_a_file_gets_finals_only(capsys: pytest.CaptureFixture[str]) -> None:
    shown(False, partial("the cat", "sat"), final("the cat sat"), final(""))
    assert capsys.readouterr().out == "the cat sat\n"


def test_warnings_and_errors_go_to_the_other_output(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown(False, WarningEvent(code="draining", message="soon over"), refusal())
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "warning: soon over\nerror: no room\n"


@pytest.mark.parametrize(
    ("width", "parts"),
    [
        (20, ("the cat ", "sat")),
        (11, ("the cat ", "sat")),
        (10, ("he cat ", "sat")),
        (3, ("", "sat")),
        (2, ("", "at")),
    ],
)
def test_a_long_line_shows_its_end(width: int, parts: tuple[str, str]) -> None:
    assert tail("the cat", "sat", width) == parts


def test_a_line_with_one_part_has_no_gap() -> None:
    assert tail("the cat", "", 20) == ("the cat", "")
    assert tail("", "sat", 20) == ("", "sat")


def loaded(path: Path, *options: str, faults: Faults | None = None) -> Result:
    with serving(faults) as stub:
        arguments = ["--file", str(path), "--url", stub.url, "--spacing", "0.01"]
        return CliRunner().invoke(load, [*arguments, *options])


def test_a_load_is_reported_for_all_and_for_each(spoken: Path) -> None:
    result = loaded(spoken, "--streams", "3", "--json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    packets = PACKETS + 40  # and 0.8 s of silence
    assert report["streams"] == len(report["each"]) == 3
    assert (report["codec"], report["packet_ms"]) == ("pcm16", 20)
    for found in report["each"]:
        assert found["audio_s"] == pytest.approx(packets / 50)
        assert found["words"] == packets
        assert found["finals"] == 7
    overall = report["overall"]
    assert overall["words"] == 3 * packets
    assert overall["ends"] == {"closed": 3}
    assert overall["problems"] == {}
    assert overall["contradicted"] == 0
    assert overall["first_partial_s"]["count"] == 21
    assert overall["late_s"]["count"] == 3 * packets
    assert report["server"] is None


def test_a_load_goes_on_for_as_long_as_it_is_told(spoken: Path) -> None:
    result = loaded(spoken, "--seconds", "1.5", "--json")
    assert json.loads(result.stdout)["overall"]["audio_s"] == pytest.approx(1.5)


def test_a_load_is_a_table_for_people(spoken: Path) -> None:
    result = loaded(spoken, "--streams", "2", "--codec", "mulaw")
    assert result.exit_code == 0
    first = result.stdout.splitlines()[0]
    assert first == "2 streams, 2.6 s of audio, mulaw in packets of 20 ms"
    assert "130 words in 14 finals" in result.stdout
    assert "sessions closed: 2" in result.stdout


def test_streams_that_are_refused_are_counted(spoken: Path) -> None:
    faults = Faults(refusals=[refusal()])
    result = loaded(spoken, "--streams", "2", "--json", faults=faults)
    assert result.exit_code == 0
    overall = json.loads(result.stdout)["overall"]
    assert overall["problems"] == {"stream failed: overloaded": 1}
    assert overall["ends"] == {"closed": 1}


def test_a_stable_word_that_does_not_stay_is_a_failure(spoken: Path) -> None:
    result = loaded(spoken, "--json", faults=Faults(lies=True))
    assert result.exit_code == 1
    assert "stable words did not stay" in result.stderr
    assert json.loads(result.stdout)["overall"]["contradicted"] > 0


def test_a_client_that_is_late_says_so(
    spoken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loads, "LATE_S", -1.0)
    result = loaded(spoken)
    assert result.exit_code == 0
    assert "this client was the bottleneck" in result.stderr


def test_defaults_name_one_server() -> None:
    for command in (stream, load):
        (url,) = (option for option in command.params if option.name == "url")
        assert url.default == streams.URL
