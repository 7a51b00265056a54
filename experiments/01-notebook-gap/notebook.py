"""What a notebook has: nine lines from a file to its words, six of them imports."""

# --8<-- [start:notebook]
import sys
from pathlib import Path

from earshot.audio.files import read_file
from earshot.inference.engines import load
from earshot.inference.recogniser import Utterance
from earshot.models.store import Store

recogniser = load("moonshine-tiny", Store())
speech = Utterance(read_file(Path(sys.argv[1])))
print(recogniser.transcribe([speech])[0].text)
# --8<-- [end:notebook]
