"""A refusal: what cannot be done, said once, rendered three ways.

Whoever raises one is below the edge and knows nothing of HTTP pages or terminals. The web renders it as a problem (RFC 9457), a page
or an error at its field; a command prints ``file: line: field: message`` and leaves with 1.
A refusal is for what a caller can meet. A programmer's mistake stays an ordinary exception.
Subclasses stand beside the function that raises them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import ClassVar, Final

from app.plain.findings import Finding, Place, n_
from app.plain.texts import quoted

__all__ = [
    "Busy",
    "Conflict",
    "Invalid",
    "NotAllowed",
    "NotThere",
    "PasswordFirst",
    "Refusal",
    "TooLarge",
    "TooMany",
    "Unauthenticated",
    "at_field",
    "is_one_of",
    "text_problems",
    "unknown_members",
]

_NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


class Refusal(Exception):
    """What was asked for cannot be done, with the findings that say why and where.

    Attributes:
        code: a word for machines, the same for ever.
        status: the HTTP status that says the same.
        message: the English message, the key of the translators' catalogues.
        parameters: what fills the message's places.
        findings: each with the field, pointer or file and line that it is about.
        stays: whether what was written before it is committed all the same: what has come to its end, by that.
        retry_after_s: seconds after which it is worth trying again.
    """

    code: str = "refused"
    status: ClassVar[int] = 422
    stays: ClassVar[bool] = False
    message: str = n_("What was asked for cannot be done: go back and look at what was sent.")

    def __init__(
        self,
        *findings: Finding,
        message: str | None = None,
        parameters: Mapping[str, object] = _NOTHING,
        retry_after_s: int | None = None,
    ) -> None:
        """Take the findings, and a message where the class's own says too little."""
        self.findings = findings
        self.parameters = parameters
        self.retry_after_s = retry_after_s
        if message is not None:
            self.message = message
        super().__init__(str(self))

    def text(self) -> str:
        """The message in English, its places filled."""
        return self.message % dict(self.parameters) if self.parameters else self.message

    def __str__(self) -> str:
        """The message and every finding, a line each."""
        return "\n".join([self.text(), *(str(finding) for finding in self.findings)])


class Invalid(Refusal):
    """What was given cannot be used as it is; the findings say which field and why."""

    code = "invalid"
    status = 422
    message = n_("Something that was entered cannot be used: look at what is marked.")


class Unauthenticated(Refusal):
    """Nobody knows who asks."""

    code = "unauthenticated"
    status = 401
    message = n_("Nobody is signed in: sign in, or send a key that is known.")


class PasswordFirst(Refusal):
    """Who asks signed in with a password that somebody else chose, which opens nothing but its change."""

    code = "change_password_first"
    status = 403
    message = n_("Your first password opens nothing else: change it before you go on.")


class NotAllowed(Refusal):
    """Who asks is known and may not: only keys hear this. A person hears :class:`NotThere`, which tells nothing."""

    code = "not_allowed"
    status = 403
    message = n_("This key is not for that: use one whose scope opens it.")


class NotThere(Refusal):
    """It is not there, or not for this person: the two look alike."""

    code = "not_there"
    status = 404
    message = n_("This page is not here, or not for you to see: check the address, or go to the beginning.")


class Conflict(Refusal):
    """It was changed, or taken, by another before."""

    code = "conflict"
    status = 409
    message = n_("What you look at has changed in the meantime: look at it again before you go on.")


class TooLarge(Refusal):
    """More than one request may carry."""

    code = "too_large"
    status = 413
    message = n_("What was sent is too large for one request: send it in smaller parts.")


class TooMany(Refusal):
    """Too often in too short a time."""

    code = "too_many"
    status = 429
    message = n_("There were too many attempts: wait a few minutes and try again.")


class Busy(Refusal):
    """What it needs is taken, and stayed so for as long as anyone waits: a lock, a connection, a place in a queue."""

    code = "busy"
    status = 503
    message = n_("The server is busy with other work and nothing was saved: try again in a moment.")

    def __init__(self, *, retry_after_s: int = 5) -> None:
        """Say when it is worth trying again."""
        super().__init__(retry_after_s=retry_after_s)


def at_field(field: str, code: str, message: str, **parameters: object) -> Finding:
    """A finding about one field of a form."""
    return Finding(code=code, message=message, parameters=parameters, place=Place(field=field, pointer=f"/{field}"))


def text_problems(field: str, text: str, *, most: int, is_needed: bool = True) -> list[Finding]:
    """What is wrong with a text that people write, trimmed: it is missing, or has more characters than `most`."""
    if is_needed and not text:
        return [at_field(field, "no_text", n_("There is no text: write a few sentences."))]
    if len(text) > most:
        message = n_("The text has %(length)s characters: write %(most)s at most.")
        return [at_field(field, "too_long", message, length=len(text), most=most)]
    return []


def is_one_of(value: object, known: Collection[str]) -> bool:
    """Whether what was sent is one of some texts: a list or an object is none, and no mapping could be asked for it."""
    return isinstance(value, str) and value in known


def unknown_members(
    given: Mapping[str, object], known: Collection[str], *, field: str = "content", most: int = 100
) -> list[Finding]:
    """A finding at each member that nothing is known of, by their names; the first so many of them."""
    message = n_("There is no member “%(name)s” here: leave it out.")
    return [
        at_field(f"{field}/{name}", "unknown_member", message, name=quoted(name))
        for name in sorted(given.keys() - set(known))[:most]
    ]
