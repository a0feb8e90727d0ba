"""Whose page a form was filled in on: a signed mark beside the form's token, good for a day and a half after the page was opened.

Do not ask the session: it has ended, which is why one asks.
"""

from __future__ import annotations

from typing import Final

from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.datastructures import MultiDict

from app.access import Viewer

__all__ = ["FIELD", "mark", "owner_of"]

FIELD: Final = "typed_by"
_LIFE_S: Final = 36 * 3600


def _signer(secret_key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key, salt="kopes.typed_by")


def mark(viewer: Viewer, *, secret_key: str) -> str:
    """The mark of whoever is signed in."""
    return str(_signer(secret_key).dumps(viewer.account_id))


def owner_of(form: MultiDict[str, str], *, secret_key: str) -> int | None:
    """The account whose page the form was filled in on; None where no mark of ours says so."""
    try:
        account = _signer(secret_key).loads(form.get(FIELD, ""), max_age=_LIFE_S)
    except BadSignature:
        return None
    return account if isinstance(account, int) else None
