"""Static files, at addresses that carry a hash of their contents."""

from __future__ import annotations

from mimetypes import guess_type
from pathlib import Path
from typing import Final

from flask import Response, request
from werkzeug.security import safe_join

from app.kit.refusals import NotThere
from app.rules.permissions import Deed
from app.web.assets import STATIC
from app.web.request_context import RequestContext
from app.web.routing import Pages

pages: Final = Pages("files")


@pages.read("/static/<path:file>", may=Deed.PUBLIC, transaction=False)
def file(context: RequestContext, file: str) -> Response:
    """One file. With its hash in the address a browser may keep it for a year."""
    del context
    path = safe_join(str(STATIC), file)
    try:
        content = Path(path or "").read_bytes()
    except (OSError, ValueError):
        raise NotThere from None
    response = Response(content, mimetype=guess_type(file)[0] or "application/octet-stream")
    response.add_etag()
    response.make_conditional(request)
    response.headers["Cache-Control"] = (
        "public, max-age=31536000, immutable" if "h" in request.args else "public, no-cache"
    )
    return response


@pages.read("/favicon.ico", may=Deed.PUBLIC, transaction=False)
def favicon(context: RequestContext) -> Response:
    """The icon, for browsers that ask without being told."""
    return file(context, "icon.svg")
