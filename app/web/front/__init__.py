"""The server's front: one address for pages, API and streams.

It owns the way from a socket to the application and the live streams. Promises that a stream is let in by exactly the route that everyone else
comes through, and that an open stream never keeps the server from ending. It knows no page and computes no figure.
"""

from app.web.front.server import CONNECTIONS, listen, run, supervise

__all__ = ["CONNECTIONS", "listen", "run", "supervise"]
