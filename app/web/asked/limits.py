"""What one request, one person and one address may take of a process, so that nobody can stop it for all.

Every bound that the server keeps by itself stands here; the README's table repeats them. Those of a route (its lane, and how long its body may
be) are declared with the route.
Avoid a bound that is asked for after the work: a body is counted while it is read, not when it is there.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from app.rules.activities import EVENT_LENGTH_MAX

__all__ = [
    "ADDRESS_BYTES_MAX",
    "ADDRESS_CONNECTIONS_MAX",
    "ANSWER_SECONDS",
    "BODIES_BYTES_MAX",
    "BODY_SECONDS",
    "CHOICE_BYTES_MAX",
    "CONNECTIONS_MAX",
    "EVENTS_BYTES",
    "EVENT_FORM_BYTES",
    "FIELDS_MAX",
    "FORMS_BYTES_MAX",
    "FORM_BYTES",
    "FRAMING_BYTES_MAX",
    "FRAMING_FACTOR_MAX",
    "HEADERS_MAX",
    "HEAD_BYTES_MAX",
    "HEAD_SECONDS",
    "LIVE_NODES_MAX",
    "NO_BODY_BYTES",
    "PATIENCE_SECONDS",
    "PERSON_STREAMS_MAX",
    "PIPELINED_MAX",
    "QUEUE_SECONDS",
    "REPEATED_HEADERS",
    "SHARES",
    "SIGN_IN_BYTES",
    "THREADS",
    "WAITING_MAX",
    "WAITS_SECONDS",
    "Lane",
]


class Lane(StrEnum):
    """Where a request is worked on. Each lane has threads of its own, so that what fills one stops no other.

    ``LOOP`` has none: the event loop itself answers what touches nothing but memory.
    """

    LOOP = "loop"
    READ = "read"
    WRITE = "write"
    PASSWORD = "password"  # noqa: S105 - a lane
    FILE = "file"


REPEATED_HEADERS: Final = "kopes.repeated_headers"
"""Where a request's WSGI environment says which headers came more than once: there their values stand joined, as one."""

THREADS: Final = {Lane.READ: 6, Lane.WRITE: 3, Lane.PASSWORD: 2, Lane.FILE: 2}
"""Requests that are worked on at once in a process, by lane; they mostly wait for the database."""

SHARES: Final = {Lane.READ: 3, Lane.FILE: 1}
"""Of the threads of a lane, so many at most work for one sharer: an account, a key or, for strangers, an address; and so many for all
strangers together. What they ask for beyond that waits for their own, and others pass. In the other lanes there is just a turn for each: what writes waits for the others' locks anyway."""

WAITING_MAX: Final = {Lane.READ: 400, Lane.WRITE: 200, Lane.PASSWORD: 60, Lane.FILE: 20}
"""Requests that wait for a thread of their lane; when there are more, the last of whoever waits for most is asked to come again."""

QUEUE_SECONDS: Final = 20
"""How long a request waits for a thread of its lane."""

PATIENCE_SECONDS: Final = 10
"""How long a request waits for a lock or a connection of the database."""

WAITS_SECONDS: Final = 30
"""How long all waits of a request take together: for its thread, its turn to write, each lock, and what another thread is making already."""

NO_BODY_BYTES: Final = 16 * 1024
"""The body of a request that needs none."""

SIGN_IN_BYTES: Final = 16 * 1024
"""The body of a form that anybody may send."""

FORM_BYTES: Final = 1024 * 1024
"""The body of any other form: the targets of a whole office are some 100 kB."""

FIELDS_MAX: Final = 2_000
"""The fields of a form, however short they are: what is refused is shown again, each of them. A grid of targets has more."""

EVENTS_BYTES: Final = 64 * 1024 * 1024
"""The body of a batch of 10,000 events with long names."""

EVENT_FORM_BYTES: Final = 6 * EVENT_LENGTH_MAX
"""The body of a form with one event: the longest that is taken, set out in lines, each sign of it written by three characters."""

BODIES_BYTES_MAX: Final = 512 * 1024 * 1024
"""All bodies longer than a form that a process has read in part or whole and not answered yet; they lie in files, not in memory."""

FORMS_BYTES_MAX: Final = 128 * 1024 * 1024
"""And all that are no longer: they have a share of their own, so that no number of batches keeps a form out."""

BODY_SECONDS: Final = 30
"""How long a body may take to come, in all."""

ANSWER_SECONDS: Final = 60
"""How long a reader may take over one piece (64 kB) of an answer, or over the rest of one that is short."""

HEAD_SECONDS: Final = 20
"""How long a connection may take to say what it wants."""

HEAD_BYTES_MAX: Final = 32 * 1024
"""The first line and the headers of a request."""

HEADERS_MAX: Final = 100
"""Headers of a request."""

ADDRESS_BYTES_MAX: Final = 8 * 1024
"""The path and parameters of a request: those of a long search in Korean, and of the way back to it after sign-in, are some 7 kB."""

CHOICE_BYTES_MAX: Final = 1024
"""A header that says which answer is wanted (``Accept-Language``); and the parameters, and any header, that the loop itself looks at where it
answers without a thread. What is longer takes long to be read, and is as if it were not there."""

PIPELINED_MAX: Final = 16
"""Requests that a connection sends before the first of them is answered; browsers and proxies send none."""

FRAMING_BYTES_MAX: Final = 64 * 1024
"""What a body sent in chunks has beside its contents (lengths, extensions, trailers): so much, and"""

FRAMING_FACTOR_MAX: Final = 16
"""so many bytes more for each byte of its contents: chunks of one byte have five."""

CONNECTIONS_MAX: Final = 12_000
"""Connections of a process, open live streams among them; fewer where the system allows fewer open files."""

ADDRESS_CONNECTIONS_MAX: Final = 6_000
"""Connections of one address to a process: an agency's whole house may stand behind one. Not counted behind a proxy (``KOPES_PROXIES``)."""

PERSON_STREAMS_MAX: Final = 24
"""Live streams that one signed-in person has open in a process: a browser needs one."""

LIVE_NODES_MAX: Final = 40
"""Nodes that one live stream follows."""
