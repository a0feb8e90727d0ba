"""What a request says before its body, as WSGI calls it (PEP 3333).

Do not take every header: an underscore would let one pose as another, and some are long to be read.
"""

from __future__ import annotations

import re
import sys
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from app.kit.refusals import Refusal
from app.plain.findings import n_
from app.web.asked.limits import ADDRESS_BYTES_MAX, CHOICE_BYTES_MAX, HEAD_BYTES_MAX, HEADERS_MAX, REPEATED_HEADERS
from app.web.asked.security import WITHOUT_COOKIES
from app.web.front.answers import Scope

__all__ = ["HeadTooLarge", "HostUnreadable", "environ_of", "refuse_head"]

_HOST: Final = re.compile(
    rb"(?:(?=[^:]{1,254}(?::|\Z))(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?|\[[0-9A-Fa-f:.]{2,45}\])?(?::[0-9]{0,5})?"
)
"""A name as machines have them, underscores too, or an address, and the port; nothing is what some health checks send."""


class HeadTooLarge(Refusal):
    """More headers than any browser sends."""

    code = "head_too_large"
    status = 431
    message = n_("The address and headers of this request are too long: shorten what you search for.")


class HostUnreadable(Refusal):
    """No address can be built by the host that it names."""

    code = "host"
    status = 400
    message = n_(
        "The Host header of this request is no name or address of a machine: send the one that you reached this server by."
    )


def refuse_head(scope: Scope) -> None:
    """Go on only where a browser could have sent it.

    Raises:
        HeadTooLarge: the address, or the headers by number or length, are more than any browser sends.
        HostUnreadable: the host is none, or there are two.
    """
    headers = scope["headers"]
    if len(scope.get("raw_path", b"")) + len(scope["query_string"]) > ADDRESS_BYTES_MAX:
        raise HeadTooLarge
    if len(headers) > HEADERS_MAX or sum(len(name) + len(value) for name, value in headers) > HEAD_BYTES_MAX:
        raise HeadTooLarge
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) > 1 or not all(_HOST.fullmatch(host) for host in hosts):
        raise HostUnreadable


def environ_of(scope: Scope, body: Any, *, plain: bool = False) -> dict[str, Any]:
    """What WSGI (PEP 3333) calls a request.

    Args:
        scope: the request.
        body: its body.
        plain: without its cookies, and without headers and parameters that take long to be read: for what the loop itself answers.
    """
    path = scope.get("raw_path") or scope["path"].encode()
    query = b"" if plain and len(scope["query_string"]) > CHOICE_BYTES_MAX else scope["query_string"]
    server, port = scope.get("server") or ("localhost", 80)
    client = scope.get("client") or ("", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "REQUEST_URI": path.decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        "SERVER_NAME": server,
        "SERVER_PORT": str(port or 0),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if plain:
        environ[WITHOUT_COOKIES] = True
    for name, value in scope["headers"]:
        # An underscore would let a header pose as another one.
        if b"_" in name or (len(value) > CHOICE_BYTES_MAX and (plain or name.startswith(b"accept"))):
            continue
        if plain and name == b"cookie":
            continue
        key = name.decode("latin-1").upper().replace("-", "_")
        if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            key = f"HTTP_{key}"
        text = value.decode("latin-1")
        if key in environ:
            environ.setdefault(REPEATED_HEADERS, set()).add(key)
        environ[key] = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{text}" if key in environ else text
    return environ
