"""The web application: the stream, the probes, the metrics and the demo page."""

from __future__ import annotations

import math
from pathlib import Path

from fastapi import FastAPI, Response, WebSocket
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

from earshot.api.asyncapi import text as asyncapi_text
from earshot.service import Refused, Service
from earshot.slo.metrics import CONTENT_TYPE
from earshot.transport.websocket import carry

WEB = Path(__file__).with_name("web")
POLICY = "; ".join(
    [
        "default-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    ]
)
"""The page loads nothing from elsewhere and runs no script but its own files."""


# --8<-- [start:app]
def application(service: Service) -> FastAPI:
    """Routes over a service; they keep no state of their own."""
    app = FastAPI(title="Earshot", docs_url=None, redoc_url=None, openapi_url=None)
    contract = asyncapi_text()

    @app.websocket("/v1/stream")
    async def stream(socket: WebSocket) -> None:
        await carry(socket, service)

    @app.get("/healthz")
    async def alive() -> dict[str, str]:
        """The event loop turns."""
        return {"status": "alive"}

    @app.get("/readyz")
    async def ready() -> Response:
        """One more stream can be taken, or why not and when to ask again."""
        code = service.unready()
        if code is None:
            return JSONResponse({"status": "ready", "model": service.model})
        retry = str(math.ceil(service.retry(code)))
        body = {"status": code, "message": str(Refused(code, 0))}
        return JSONResponse(body, 503, {"Retry-After": retry})

    @app.get("/metrics")
    async def metrics() -> Response:
        """All counts, for Prometheus."""
        return Response(service.observer.metrics.text(), media_type=CONTENT_TYPE)

    @app.get("/v1/asyncapi.json")
    async def asyncapi() -> Response:
        """The contract of the stream."""
        return Response(contract, media_type="application/json")

    @app.get("/")
    async def page() -> Response:
        """The page that streams a microphone or a file."""
        return FileResponse(
            WEB / "index.html", headers={"Content-Security-Policy": POLICY}
        )

    app.mount("/web", StaticFiles(directory=WEB))
    return app


# --8<-- [end:app]
