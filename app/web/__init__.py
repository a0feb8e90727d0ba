"""Pages and API: reads a request, makes one call into the application, writes the answer.

Owns the addresses, the session cookie and the look. Promises that no route starts without a deed, that a read cannot write, that what is
refused leaves nothing half done. It never computes a figure and never decides about the domain.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Iterable

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app.kit import clock as system_clock
from app.kit.database import Database
from app.kit.settings import ROOT, Settings
from app.web import errors
from app.web.answer.rendering import Rendering
from app.web.answer.routing import NodeConverter, NumberConverter, Pages, Site, refuse_undeclared
from app.web.api import RESOURCES, measuring
from app.web.asked import security, sign_in
from app.web.asked.limits import EVENTS_BYTES
from app.web.decisions import decided
from app.web.lists import leading
from app.web.looks.assets import assets
from app.web.looks.assets import build as build_assets
from app.web.pages import PAGES
from app.web.wording import figure_words, languages, plain_words, usual_reasons

__all__ = ["build_assets", "create_app", "site_of"]


def create_app(
    settings: Settings,
    *,
    clock: Callable[[], dt.datetime] = system_clock.now,
    database: Database | None = None,
    more: Iterable[Pages] = (),
) -> Flask:
    """The application, ready to answer.

    Args:
        settings: the process's.
        clock: who says what time it is; tests pass their own.
        database: an open one, where the process has it already.
        more: pages beside those of :data:`app.web.pages.PAGES`.

    Raises:
        RuntimeError: an endpoint declares no deed.
        FileNotFoundError: the assets were never built.
    """
    app = Flask("app.web", static_folder=None, template_folder=str(ROOT / "templates"))
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME=sign_in.cookie_name(sign_in.SESSION_COOKIE, settings),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        MAX_CONTENT_LENGTH=EVENTS_BYTES,
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.session_interface = security.CookieSessions()
    # Of two slashes it would make one by sending on to an address with the host that the request named.
    app.url_map.merge_slashes = False
    app.url_map.converters["node"] = NodeConverter
    app.url_map.converters["int"] = NumberConverter
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["assets"] = assets()
    app.jinja_env.globals["clock_is_moved"] = system_clock.is_moved
    if settings.proxies:
        # Not X-Forwarded-Host: few proxies set it, so it would be the sender's, and whom a form comes from is held against the host.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=0)  # type: ignore[method-assign]  # Flask's documented place for it
    site = Site(
        settings=settings,
        database=database or Database(settings.database_url),
        clock=clock,
        rendering=Rendering(),
        refused=lambda refusal: app.make_response(app.handle_user_exception(refusal)),
    )
    app.extensions["kopes"] = site
    sign_in.prepare(app, database=site.database, settings=settings, clock=clock)
    languages.prepare(app)
    leading.prepare(app)
    app.jinja_env.filters.update(
        plain_words.FILTERS
        | usual_reasons.FILTERS
        | figure_words.FILTERS
        | {"decision_title": lambda one, context: decided.title(context, one)}
    )
    errors.prepare(app, site)
    measuring.prepare(app)
    app.after_request(functools.partial(security.add_headers, https=settings.secure_cookies))
    site.register(app, (*PAGES, *RESOURCES, *more))
    refuse_undeclared(app, site)
    return app


def site_of(app: Flask) -> Site:
    """What an application's routes share: its database, settings, clock and table of routes."""
    site: Site = app.extensions["kopes"]
    return site
