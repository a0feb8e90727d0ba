"""Static files, at addresses that carry a hash of their contents.

They are answered by the event loop itself, from memory.
Do not look for who is signed in, which asks the database: nothing here may wait.
"""

from __future__ import annotations

from typing import Final

from flask import Response, request

from app.rules.permissions import Deed
from app.web.answer.routing import Pages
from app.web.asked.limits import Lane
from app.web.asked.request_context import RequestContext
from app.web.looks.assets import assets

pages: Final = Pages("files")


@pages.read("/static/<path:file>", may=Deed.PUBLIC, transaction=False, lane=Lane.LOOP)
def file(context: RequestContext, file: str) -> Response:
    """One file, compressed where the reader takes that. With its hash in the address a browser may keep it for a year."""
    del context
    asset = assets().get(file)
    if asset is None:
        return Response(status=404)
    wants_gzip = asset.compressed is not None and request.accept_encodings["gzip"] > 0
    response = Response(
        asset.compressed if wants_gzip else asset.content,
        mimetype=asset.media_type,
        headers={"Vary": "Accept-Encoding"},
    )
    if wants_gzip:
        response.headers["Content-Encoding"] = "gzip"
    # The same bytes in two codings: a tag that says "the same in meaning".
    response.set_etag(asset.tag, weak=True)
    response.make_conditional(request)
    response.headers["Cache-Control"] = (
        "public, max-age=31536000, immutable" if "h" in request.args else "public, no-cache"
    )
    return response


@pages.read("/favicon.ico", may=Deed.PUBLIC, transaction=False, lane=Lane.LOOP)
def favicon(context: RequestContext) -> Response:
    """The icon, for browsers that ask without being told."""
    return file(context, "icon.svg")
