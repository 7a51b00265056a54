"""Who gains from company on a GPU, and what does a GPU's cold start consist of?

Needs torch and numpy alone. A transformer with Whisper base's shapes and random
weights stands for the model: its speed does not depend on what it has learned.
Its encoder over 30 seconds and one step of its decoder run with one to 64 items,
in float32 and float16. A large product and a large copy give the roofline,
which is told beside every call. Before that, in this order, the cold start:
import, context, a first and a second product, copies from ordinary and from
pinned memory. Times are medians of calls between two synchronisations.

    python experiments/gpu-batching/run.py [--out FILE] [--quick]

Without a GPU it runs on the CPU, to see that it works; such data is not kept.
"""

from __future__ import annotations

import time

BEGAN = time.perf_counter()

import torch  # noqa: E402

IMPORTED = time.perf_counter()

import argparse  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable, Sequence  # noqa: E402
from pathlib import Path  # noqa: E402
from statistics import median  # noqa: E402
from typing import Any  # noqa: E402

from torch import Tensor, nn  # noqa: E402

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1])]

from record import write  # noqa: E402

from earshot.inference.roofline import Machine, Work, knee, seconds  # noqa: E402

LAYERS, WIDTH, HEADS, STATES, TOKENS = 6, 512, 8, 1500, 32
VOCABULARY = 51_865
SIZES = (1, 2, 4, 8, 16, 32, 64)
QUICK = (1, 2)
SIDE = 8192
COPY = 256 * 2**20  # bytes
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def synchronise() -> None:
    """Wait for the GPU, if there is one."""
    if DEVICE.type == "cuda":
        torch.cuda.synchronize()


def timed(work: Callable[[], object]) -> float:
    """Seconds of one call, from an idle device to an idle device."""
    synchronise()
    began = time.perf_counter()
    work()
    synchronise()
    return time.perf_counter() - began


def typical(work: Callable[[], object], passes: int) -> float:
    """Median seconds of a call, after three that aren't counted."""
    for _ in range(3):
        timed(work)
    return median(timed(work) for _ in range(passes))


Cache = tuple[Tensor, Tensor]
"""Keys and values [b, heads, t, d / heads]."""


class Attention(nn.Module):
    """Queries over keys and values that were computed before, or over itself."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (
            nn.Linear(WIDTH, WIDTH) for _ in range(4)
        )

    def forward(self, x: Tensor, cache: Cache | None = None) -> Tensor:
        keys, values = cache or (heads(self.key(x)), heads(self.value(x)))
        found = nn.functional.scaled_dot_product_attention(
            heads(self.query(x)), keys, values
        )
        return self.out(found.transpose(1, 2).flatten(2))


def heads(x: Tensor) -> Tensor:
    """[b, t, d] as [b, heads, t, d / heads]."""
    return x.unflatten(2, (HEADS, WIDTH // HEADS)).transpose(1, 2)


class Layer(nn.Module):
    """A layer of the encoder, or of the decoder when it has caches."""

    def __init__(self, attentions: int) -> None:
        super().__init__()
        self.attentions = nn.ModuleList(Attention() for _ in range(attentions))
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(attentions + 1))
        self.inner = nn.Linear(WIDTH, 4 * WIDTH)
        self.outer = nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x: Tensor, caches: Sequence[Cache] = ()) -> Tensor:
        for number, attention in enumerate(self.attentions):
            cache = caches[number] if caches else None
            x = x + attention(self.norms[number](x), cache)
        inner = nn.functional.gelu(self.inner(self.norms[-1](x)))
        return x + self.outer(inner)


class Stack(nn.Module):
    """Layers one behind another, and the vocabulary's logits behind a decoder."""

    def __init__(self, attentions: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(attentions) for _ in range(LAYERS))
        self.logits = (
            nn.Linear(WIDTH, VOCABULARY, bias=False)
            if attentions == 2
            else nn.Identity()
        )

    def forward(self, x: Tensor, caches: Sequence[Sequence[Cache]] = ()) -> Tensor:
        for number, layer in enumerate(self.layers):
            x = layer(x, caches[number] if caches else ())
        return self.logits(x)


def parameters(stack: Stack) -> int:
    return sum(parameter.numel() for parameter in stack.parameters())


def encoder_work(stack: Stack, width: int) -> Work:
    """Operations and bytes of an encoder; `width` is the bytes of a number."""
    each = 2 * parameters(stack) + 4 * STATES * WIDTH * LAYERS
    return Work(parameters(stack) * width, STATES * each, 0)


def step_work(stack: Stack, width: int) -> Work:
    """A decoder's step: each item brings its own keys and values along."""
    cached = 2 * (STATES + TOKENS) * WIDTH * LAYERS
    return Work(
        parameters(stack) * width, 2 * parameters(stack) + 2 * cached, cached * width
    )


def curve(
    call: Callable[[int], Callable[[], object]],
    work: Work,
    machine: Machine,
    sizes: Sequence[int],
    passes: int,
) -> dict[str, Any]:
    """Milliseconds of calls and items, and what the roofline says of them."""
    took = {n: typical(call(n), passes) for n in sizes}
    return {
        "call_ms": {str(n): round(1000 * took[n], 4) for n in sizes},
        "item_ms": {str(n): round(1000 * took[n] / n, 4) for n in sizes},
        "gain": {str(n): round(took[1] * n / took[n], 2) for n in sizes},
        "roofline_ms": {
            str(n): round(1000 * seconds(machine, work, n), 4) for n in sizes
        },
        "knee": round(min(knee(machine, work), 1e6), 2),
    }


def machine(kind: torch.dtype, quick: bool) -> Machine:
    """Operations a second in this type, and bytes a second."""
    side, size = (512, 2**24) if quick else (SIDE, COPY)
    one = torch.randn(side, side, device=DEVICE, dtype=kind)
    source = torch.ones(size, device=DEVICE, dtype=torch.uint8)
    target = torch.empty_like(source)
    product = typical(lambda: one @ one, 10)
    copy = typical(lambda: target.copy_(source), 10)
    return Machine(2 * side**3 / product, 2 * size / copy)


@torch.inference_mode()
def curves(kind: torch.dtype, sizes: Sequence[int], passes: int) -> dict[str, Any]:
    """Encoder and decoder step in one type."""
    width = torch.empty(0, dtype=kind).element_size()
    core = machine(kind, sizes == QUICK)
    encoder = Stack(1).to(DEVICE, kind).eval()
    decoder = Stack(2).to(DEVICE, kind).eval()

    def made(*shape: int) -> Tensor:
        return torch.randn(shape, device=DEVICE, dtype=kind)

    def cache(n: int, length: int) -> Cache:
        shape = (n, HEADS, length, WIDTH // HEADS)
        return made(*shape), made(*shape)

    def encode(n: int) -> Callable[[], object]:
        audio = made(n, STATES, WIDTH)
        return lambda: encoder(audio)

    def step(n: int) -> Callable[[], object]:
        token = made(n, 1, WIDTH)
        caches = [[cache(n, TOKENS), cache(n, STATES)] for _ in range(LAYERS)]
        return lambda: decoder(token, caches)

    return {
        "tflop_per_s": round(core.flops_per_s / 1e12, 2),
        "tbyte_per_s": round(core.bytes_per_s / 1e12, 3),
        "ridge": round(core.ridge, 1),
        "encoder-30s": curve(encode, encoder_work(encoder, width), core, sizes, passes),
        "decoder-step": curve(step, step_work(decoder, width), core, sizes, passes),
    }


def cold_start(quick: bool) -> dict[str, float]:
    """Stages of a first use in ms; the import came before."""
    size = 2**20 if quick else COPY
    context = timed(lambda: torch.zeros(1, device=DEVICE))
    one = torch.ones(1024, 1024, device=DEVICE)
    first, second = timed(lambda: one @ one), timed(lambda: one @ one)
    ordinary = torch.ones(size, dtype=torch.uint8)
    copies = {"copy_ordinary": timed(lambda: ordinary.to(DEVICE))}
    if DEVICE.type == "cuda":
        pinned = ordinary.pin_memory()
        copies["copy_pinned"] = timed(lambda: pinned.to(DEVICE))
    stages = {
        "import_torch": IMPORTED - BEGAN,
        "context": context,
        "first_product": first,
        "second_product": second,
        **copies,
    }
    return {f"{name}_ms": round(1000 * took, 3) for name, took in stages.items()}


def about() -> dict[str, Any]:
    """The card and the libraries."""
    found: dict[str, Any] = {"torch": torch.__version__, "device": DEVICE.type}
    if DEVICE.type == "cuda":
        card = torch.cuda.get_device_properties(0)
        found |= {
            "card": card.name,
            "memory_gb": round(card.total_memory / 1e9, 1),
            "cuda": torch.version.cuda,
            "driver": driver(),
        }
    return found


def driver() -> str:
    """The driver's version, as the kernel module says it."""
    path = Path("/proc/driver/nvidia/version")
    return path.read_text("utf-8").splitlines()[0] if path.exists() else "unknown"


def main() -> None:
    """Measure, and write `data.json` or what `--out` names."""
    options = argparse.ArgumentParser()
    options.add_argument("--out", type=Path, default=HERE / "data.json")
    options.add_argument("--quick", action="store_true")
    given = options.parse_args()
    torch.manual_seed(1)
    torch.backends.cuda.matmul.allow_tf32 = False
    sizes, passes = (QUICK, 3) if given.quick else (SIZES, 20)
    stages = cold_start(given.quick)
    kinds = {"float32": torch.float32, "float16": torch.float16}
    found = {name: curves(kind, sizes, passes) for name, kind in kinds.items()}
    write(given.out, {"gpu": about(), "cold_start": stages, **found})


if __name__ == "__main__":
    main()
