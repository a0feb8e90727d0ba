"""Messages that a hook has taken: each id is for one body, for ever.

Do not forget an id once its time window has passed: a signature made anew would then let other contents in under a
name that was answered before.
"""

from __future__ import annotations

import datetime as dt
import hashlib

import sqlalchemy as sa
from sqlalchemy import Connection

from app.access.keys import Hook
from app.access.tables import hook_message
from app.kit.refusals import Conflict
from app.plain.findings import n_

__all__ = ["MessageReused", "take_message"]


class MessageReused(Conflict):
    """A message's id came before, with another body."""

    code = "message_reused"
    message = n_("A message of this webhook-id was taken already, with another body.")


def take_message(connection: Connection, *, hook: Hook, message_id: str, body: bytes, now: dt.datetime) -> bool:
    """Take a message; False where the same one was taken before.

    Two that come at the same moment meet at the primary key: one of them fails and is tried again.

    Args:
        connection: the transaction that records its events.
        hook: the door it came by; its signature was checked.
        message_id: the sender's.
        body: as it was signed.
        now: when.

    Raises:
        MessageReused: its id came before with another body.

    Queries: 2.
    """
    name = hashlib.sha256(message_id.encode("utf-8", "surrogatepass")).hexdigest()
    digest = hashlib.sha256(body).hexdigest()
    known = connection.scalar(
        sa.select(hook_message.c.body_hash).where(hook_message.c.hook == hook.name, hook_message.c.message == name)
    )
    if known is None:
        connection.execute(sa.insert(hook_message).values(hook=hook.name, message=name, body_hash=digest, at=now))
        return True
    if known != digest:
        raise MessageReused
    return False
