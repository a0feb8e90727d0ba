"""A JSON body read into the type that its resource declares."""

from __future__ import annotations

from typing import Final, TypeVar

from flask import Request
from pydantic import BaseModel, ConfigDict, ValidationError
from werkzeug.http import parse_options_header

from app.kit.refusals import Invalid, at_field
from app.plain.findings import n_
from app.plain.json_text import NotJsonError, decode_sent, unfit_texts
from app.plain.texts import storable
from app.web.api.bodies import UnknownMedia, Unreadable, body_of
from app.web.asked.forms import FINDINGS_MAX, finding_of

__all__ = ["EmptyBody", "sent_as"]

Model = TypeVar("Model", bound=BaseModel)


class EmptyBody(BaseModel):
    """Nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


_UNFIT: Final = {
    "bad_text": n_("A character of this cannot be kept: take it out."),
    "bad_number": n_("This is no number: write it in digits."),
    "too_deep": n_("This is nested too deeply: send it flat."),
}


def _field(pointer: str) -> str:
    """A member as findings name it; of a name that cannot be kept either, as it can be shown."""
    return storable(pointer.removeprefix("/"))


def sent_as(model: type[Model], http_request: Request) -> Model:
    """Read the body.

    Args:
        model: what it is to be.
        http_request: the request.

    Raises:
        UnknownMedia: it is not sent as JSON.
        Unreadable: it is no JSON, or no object.
        TooLarge: it has too many values.
        Invalid: with a finding at each member that cannot be.
    """
    kind, _ = parse_options_header(http_request.headers.get("Content-Type"))
    body = body_of(http_request)
    if kind.casefold() != "application/json" and (body or kind):
        raise UnknownMedia(message=n_("Send application/json."))
    try:
        value = decode_sent(body or b"{}")
    except NotJsonError as error:
        raise Unreadable(parameters={"why": str(error)}) from None
    if not isinstance(value, dict):
        raise Unreadable(message=n_("Send one JSON object."))
    # Once for every resource, names of members too: what one of them kept, the other database could not.
    unfit = unfit_texts(value)
    if unfit:
        raise Invalid(*(at_field(_field(pointer), code, _UNFIT[code]) for pointer, code in unfit[:FINDINGS_MAX]))
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Invalid(*(finding_of(problem) for problem in error.errors(include_url=False)[:FINDINGS_MAX])) from None
