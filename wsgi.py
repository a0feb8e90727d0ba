"""For WSGI servers: the pages and the API. Streams need `kopes serve`, which puts an ASGI front before this."""

from __future__ import annotations

from app.kit import clock, logs
from app.kit.settings import Settings
from app.web import create_app

logs.prepare()
settings = Settings.from_environment()
clock.move(settings.clock_ahead)
app = create_app(settings)
