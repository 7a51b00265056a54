"""The commands `earshot transcribe` and `earshot coldstart`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from earshot.models.coldstart import PROCESS, Timeline
from earshot.models.manifest import ModelError
from earshot.models.store import Store


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--model", default="moonshine-tiny", show_default=True, help="Which weights."
)
@click.option(
    "--threads", default=1, show_default=True, type=click.IntRange(1), help="CPU."
)
@click.option("--json", "as_json", is_flag=True, help="Print text and times as JSON.")
def transcribe(file: Path, model: str, threads: int, as_json: bool) -> None:
    """Print the words in an audio file of any common format."""
    from earshot.audio.errors import AudioError  # heavy: only this command waits
    from earshot.audio.files import read_file
    from earshot.audio.formats import RATE
    from earshot.inference import files
    from earshot.inference.engines import load

    try:
        audio = read_file(file)
        heard = files.transcribe(audio, load(model, Store(), threads))
    except (AudioError, ModelError) as error:
        raise click.ClickException(str(error)) from error
    if not as_json:
        click.echo(heard.text)
        return
    words = [
        {"text": word.text, "start": round(word.start, 3), "end": round(word.end, 3)}
        for word in heard.words
    ]
    seconds = round(len(audio) / RATE, 3)
    report = {"model": model, "seconds": seconds, "text": heard.text, "words": words}
    click.echo(json.dumps(report, indent=2))


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--model", default="moonshine-tiny", show_default=True, help="Which weights."
)
@click.option("--warm-up/--no-warm-up", default=True, help="Run once before.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def coldstart(file: Path, model: str, warm_up: bool, as_json: bool) -> None:
    """Show where the time goes from the start of this process to first words.

    The words are those of an audio file. The interpreter's start is known to
    10 ms, for so the kernel counts.
    """
    from earshot.audio.errors import AudioError  # heavy: only this command waits
    from earshot.audio.files import read_file
    from earshot.inference.engines import load
    from earshot.inference.recogniser import Utterance

    PROCESS.mark("imports")
    try:
        speech = [Utterance(read_file(file))]
        PROCESS.mark("file")
        recogniser = load(model, Store())
    except (AudioError, ModelError) as error:
        raise click.ClickException(str(error)) from error
    if warm_up:
        recogniser.warm_up()
        PROCESS.mark("warm-up")
    recogniser.transcribe(speech)
    PROCESS.mark("first words", last=True)
    report = {"total": PROCESS.total, "stages": PROCESS.stages}
    click.echo(json.dumps(report, indent=2) if as_json else stages(PROCESS))


def stages(timeline: Timeline) -> str:
    """Milliseconds of each stage, with a bar, and of all."""
    rows = {**timeline.stages, "in all": timeline.total}
    return "\n".join(
        f"{stage:<12}{1000 * took:>8.0f} ms  {'#' * round(40 * took / timeline.total)}"
        for stage, took in rows.items()
    )
