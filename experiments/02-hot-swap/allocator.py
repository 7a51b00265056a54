"""What the allocator holds after twelve models have come and gone in one process.

Each is loaded in a thread of its own, warmed up and dropped, as a change of model
does it, the next before the last goes. Prints JSON: megabytes resident after each,
then how many of them glibc says are free, and what is resident once it was told to
give back what it can (`malloc_trim`).
"""

from __future__ import annotations

import ctypes
import json
import threading
from pathlib import Path

from earshot.inference.engines import load
from earshot.inference.recogniser import Recogniser
from earshot.models.store import Store

MODELS = 12
FIELDS = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"


class Mallinfo2(ctypes.Structure):
    """`struct mallinfo2`, from <malloc.h> of glibc 2.33 and later."""

    _fields_ = [(name, ctypes.c_size_t) for name in FIELDS.split()]


def resident() -> float:
    """Resident memory of this process in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    line = next(line for line in lines if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1000


def loaded() -> Recogniser:
    """A recogniser, made in a thread that has ended since."""
    made: list[Recogniser] = []

    def make() -> None:
        made.append(load("moonshine-tiny", Store()))
        made[0].warm_up()

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    return made[0]


def main() -> None:
    """Change the model, ask the allocator, and print what it says."""
    libc = ctypes.CDLL("libc.so.6")
    libc.mallinfo2.restype = Mallinfo2
    current, held = loaded(), []
    for _ in range(MODELS):
        current = loaded()
        held.append(resident())
    free = libc.mallinfo2().fordblks / 1e6
    libc.malloc_trim(0)
    told = {"held_mb": held, "free_mb": free, "trimmed_mb": resident()}
    print(json.dumps(told | {"model": current.name}))


if __name__ == "__main__":
    main()
