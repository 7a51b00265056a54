"""No framework: Starlette on uvicorn, one thread for the model, a batcher of ours."""

import asyncio
from asyncio import Future, Queue
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import uvicorn
from servers.speech import BATCH, PORT, WAIT_S, load
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

model = load()
waiting: Queue[tuple[str, Future[str]]] = Queue()


async def work() -> None:
    """Give the model all clips that wait, at most `BATCH` at once."""
    loop, lane = asyncio.get_running_loop(), ThreadPoolExecutor(1)
    while True:
        taken = [await waiting.get()]
        await asyncio.sleep(WAIT_S if BATCH > 1 else 0)
        while len(taken) < BATCH and not waiting.empty():
            taken.append(waiting.get_nowait())
        texts = await loop.run_in_executor(lane, model, [clip for clip, _ in taken])
        for (_, answer), text in zip(taken, texts, strict=True):
            answer.set_result(text)


async def transcribe(request: Request) -> JSONResponse:
    answer: Future[str] = asyncio.get_running_loop().create_future()
    waiting.put_nowait(((await request.json())["audio"], answer))
    return JSONResponse({"text": await answer})


@asynccontextmanager
async def working(app: Starlette) -> AsyncIterator[None]:
    task = asyncio.create_task(work())
    yield
    task.cancel()


routes = [Route("/transcribe", transcribe, methods=["POST"])]

if __name__ == "__main__":
    app = Starlette(routes=routes, lifespan=working)
    uvicorn.run(app, port=PORT, log_level="warning")
