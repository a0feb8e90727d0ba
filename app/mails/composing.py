"""What mails say, by the topic that was posted.

Do not put a secret into what is posted: a link's token is made here, each time that the mail is sent, and comes out the same.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from babel.dates import format_date
from babel.support import NullTranslations, Translations
from jinja2 import Environment, FileSystemLoader, Template
from sqlalchemy import Connection

from app import access, cascade, cycle, organisation, scoring
from app.access import Account, LinkKind
from app.cycle import BoardState
from app.kit.cities import city_of
from app.kit.mail import Mail
from app.kit.outbox import TakenDelivery
from app.kit.settings import ROOT, Settings
from app.organisation import Directory
from app.plain.findings import n_
from app.plain.korean import with_particles
from app.plain.texts import visible
from app.rules.terms import Name, Node
from app.scoring import node_name

__all__ = ["TOPICS", "compose"]

_CATALOGUES: Final = ROOT / "app" / "web" / "translations"
_LANGUAGES: Final = frozenset({"en", "ko", "es"})
_DATES_OF: Final = {"en": "en_GB"}
_KOREAN: Final = frozenset({"KR"})
_SPANISH: Final = frozenset(
    {
        "AR",
        "BO",
        "CL",
        "CO",
        "CR",
        "CU",
        "DO",
        "EC",
        "ES",
        "GQ",
        "GT",
        "HN",
        "MX",
        "NI",
        "PA",
        "PE",
        "PR",
        "PY",
        "SV",
        "UY",
        "VE",
    }
)

_TRIAL_KEY: Final = "a trial on one machine"
"""In place of a SECRET_KEY where there is none: a worker that is started again has to come to the same links."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    """A mail's words in English, with places: where they are said in another language, its places are filled there too."""

    subject: str
    paragraphs: tuple[str, ...]
    button: str = ""
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What a mail is made from."""

    connection: Connection
    taken: TakenDelivery
    settings: Settings
    now: dt.datetime
    directory: Directory

    @property
    def address(self) -> str:
        """Where the pages are."""
        return self.settings.public_url or ""


_INVITATION: Final = _Letter(
    subject=n_("Your account at %(agency)s: choose a password"),
    paragraphs=(
        n_("Hello %(name)s,"),
        n_("an account has been made for you. With it you see your scorecard, and log what you do, at %(agency)s."),
        n_("Choose a password to begin. This link works once, until the end of %(day)s (%(city)s time):"),
    ),
    button=n_("Choose a password"),
    after=(
        n_("You sign in with your e-mail, %(email)s."),
        n_(
            "If the time of the link is over, ask for another one where it says “Forgotten your password?”: %(forgotten)s"
        ),
    ),
)
_FORGOTTEN: Final = _Letter(
    subject=n_("Choose a new password"),
    paragraphs=(
        n_("Hello %(name)s,"),
        n_("somebody, you we hope, has asked for a new password for your account at %(agency)s."),
        n_("Choose it here. This link works once, until the end of %(day)s (%(city)s time):"),
    ),
    button=n_("Choose a new password"),
    after=(
        n_(
            "Until then your present password holds. If it was not you who asked, do nothing: whoever did learns nothing from us."
        ),
    ),
)
_NEW_PASSWORD: Final = _Letter(
    subject=n_("Your account at %(agency)s: choose a password"),
    paragraphs=(
        n_("Hello %(name)s,"),
        n_("two people have agreed that you set a password for your account at %(agency)s. Nobody else knows it."),
        n_("Choose it here. This link works once, until the end of %(day)s (%(city)s time):"),
    ),
    button=n_("Choose a password"),
    after=_INVITATION.after,
)
_EMAIL_CHANGED: Final = _Letter(
    subject=n_("You sign in with another e-mail now"),
    paragraphs=(
        n_("Hello %(name)s,"),
        n_(
            "your e-mail at %(agency)s was changed from %(old)s to %(new)s. From now on sign in with %(new)s; your password stays."
        ),
        n_("If this is wrong, tell an administrator or human resources at once."),
    ),
    button=n_("Sign in"),
)
_IMPOSED: Final = _Letter(
    subject=n_("A scorecard of %(cycle)s was imposed on you"),
    paragraphs=(
        n_("Hello %(name)s,"),
        n_(
            "the scorecard of %(whose)s for the cycle %(cycle)s holds from now on though not all have signed it: two people have decided so (decision %(decision)s)."
        ),
        n_("That it was imposed is ground of an objection, once results are notified."),
    ),
    button=n_("Look at the scorecard"),
)


_RESULT: Final = _Letter(
    subject=n_("Your result of %(cycle)s is there"),
    paragraphs=(
        n_("Hello %(name)s,"),
        n_(
            "your result of the cycle %(cycle)s is there, with every decision about you and its reason, and how it was worked out."
        ),
        n_("If something is not right you may object until the end of %(day)s (%(city)s time)."),
    ),
    button=n_("Read your result"),
    after=(n_("No figure of yours stands in this mail: sign in to read it."),),
)
_RESULT_AGAIN: Final = replace(
    _RESULT,
    subject=n_("Your result of %(cycle)s has changed"),
    paragraphs=(
        n_("Hello %(name)s,"),
        n_(
            "your result of the cycle %(cycle)s has changed since you were told before. It is there, with every decision about you and its reason."
        ),
        n_("If something is not right you may object until the end of %(day)s (%(city)s time)."),
    ),
)


_OBJECTION_WAITS: Final = _Letter(
    subject=n_("An objection of %(cycle)s waits for you"),
    paragraphs=(
        n_("Hello %(name)s,"),
        n_("somebody objects to what they were told of the cycle %(cycle)s, and it waits for you now."),
    ),
    button=n_("Look at the objection"),
    after=(n_("Nothing of it stands in this mail: sign in to read it."),),
)
_OBJECTION_JUDGED: Final = replace(
    _OBJECTION_WAITS,
    subject=n_("There is an answer to your objection of %(cycle)s"),
    paragraphs=(
        n_("Hello %(name)s,"),
        n_("your objection to what you were told of the cycle %(cycle)s was answered, or decided."),
    ),
)
_REMINDER: Final = _Letter(
    subject=n_("OpenKOPES: something waits for you"),
    paragraphs=(n_("Hello %(name)s,"), n_("this waits for you:")),
    button=n_("Open the first page"),
    after=(n_("You are not asked again once it is done."),),
)
_WAITING: Final[Mapping[str, str]] = {
    "signatures": n_("scorecards to sign: %(signatures)s"),
    "grades": n_("lines to rate: %(grades)s"),
    "check_ins": n_("mid-year check-ins to keep: %(check_ins)s"),
    "comments": n_("lines below C that owe a comment: %(comments)s"),
    "actions": n_("actions that you are to do: %(actions)s"),
    "reviews": n_("results to review: %(reviews)s"),
    "answers": n_("reviews that disagree, to answer: %(answers)s"),
    "objections": n_("objections that wait for you: %(objections)s"),
}
"""What a reminder says of each kind of thing that waits."""

_OF_BOARD: Final = _Letter(
    subject=n_("OpenKOPES: the cycle %(cycle)s waits for you"),
    paragraphs=(n_("Hello %(name)s,"), n_("in the cycle %(cycle)s this waits for you:")),
    button=n_("Open the first page"),
    after=(n_("You are not asked again once it is done."),),
)
_TO_SIGN: Final = n_("scorecards to sign: %(to_sign)s")
_BOARD_WAITING: Final[Mapping[BoardState, str]] = {
    BoardState.TO_SIGN_OWNER: _TO_SIGN,
    BoardState.TO_SIGN_HEAD: _TO_SIGN,
    BoardState.TO_SIGN_HR: _TO_SIGN,
    BoardState.RATING_DUE: n_("people with lines to rate: %(rating_due)s"),
    BoardState.CHECK_IN_DUE: n_("mid-year check-ins to keep: %(check_ins)s"),
    BoardState.TO_REVIEW: n_("results to review: %(reviews)s"),
    BoardState.REVIEW_DISAGREES: n_("reviews that disagree, to answer: %(answers)s"),
    BoardState.LAPSED_MOVE: n_("moves of grades that have lapsed, to answer: %(lapsed)s"),
    BoardState.NOTIFIED: n_("people to be told by hand: %(by_hand)s"),
    BoardState.OBJECTION_OPEN: n_("objections to answer: %(objections)s"),
    BoardState.OBJECTION_APPEALED: n_("objections to vote on: %(appeals)s"),
    BoardState.OBJECTION_GRANTED: n_("granted objections to give effect to: %(granted)s"),
}
"""What a reminder from the board says of each state."""


def compose(connection: Connection, taken: TakenDelivery, *, settings: Settings, now: dt.datetime) -> Mail | None:
    """The mail that a row of the outbox asks for; None where nothing is to be sent any more.

    Args:
        connection: a writing transaction, committed before the mail is sent: its link must be known by then.
        taken: the row.
        settings: with the address of the pages.
        now: when.

    Raises:
        KeyError: there is no such topic.

    Queries: at most 7.
    """
    asked = _Asked(
        connection=connection, taken=taken, settings=settings, now=now, directory=organisation.directory(connection)
    )
    return _COMPOSERS[taken.topic](asked)


def _invitation(asked: _Asked) -> Mail | None:
    account = access.mailed_account(asked.connection, account_id=asked.taken.content["account"])
    return None if account is None else _with_link(asked, account, LinkKind.INVITATION, _INVITATION)


def _new_password(asked: _Asked) -> Mail | None:
    account = access.mailed_account(asked.connection, account_id=asked.taken.content["account"])
    return None if account is None else _with_link(asked, account, LinkKind.INVITATION, _NEW_PASSWORD)


def _forgotten(asked: _Asked) -> Mail | None:
    account = access.mailed_account(asked.connection, email=asked.taken.content["email"])
    if account is None:
        return None
    return _with_link(asked, account, LinkKind.FORGOTTEN, _FORGOTTEN, spoken=asked.taken.content.get("language"))


def _email_changed(asked: _Asked) -> Mail | None:
    content = asked.taken.content
    account = access.mailed_account(asked.connection, account_id=content["account"])
    if account is None:
        return None
    filling = {"old": content["old"], "new": content["new"]}
    return _written(
        asked, account, _EMAIL_CHANGED, filling, to=content["to"], link=f"{asked.address}/login", spoken=None
    )


def _imposed(asked: _Asked) -> Mail | None:
    content = asked.taken.content
    account = access.mailed_account(asked.connection, account_id=content["account"])
    node = Node.parse(content["node"])
    if account is None or node is None:
        return None
    whose = node_name(asked.directory, node, asked.directory.day_of(asked.now))
    filling = {"cycle": content["cycle"], "decision": content["decision"], "whose": whose}
    link = f"{asked.address}/cycles/{content['cycle']}/scorecards/{node}"
    return _written(asked, account, _IMPOSED, filling, to=account.email, link=link, spoken=None)


def _result(asked: _Asked) -> Mail | None:
    """That somebody's result is there; nothing where they have been told another one since."""
    content = asked.taken.content
    account = access.mailed_account(asked.connection, account_id=content["account"])
    if account is None or account.employee is None:
        return None
    to = cascade.told_to(asked.connection, content["cycle"], account.employee).get(account.employee)
    if to is None or to.telling.place != content["place"]:
        return None
    until = cycle.last_day_of_window(to, scoring.state(asked.connection))
    letter = _RESULT if to.telling.place == 1 else _RESULT_AGAIN
    link = f"{asked.address}/my/result?cycle={content['cycle']}"
    filling = {"cycle": content["cycle"], "day": until}
    return _written(asked, account, letter, filling, to=account.email, link=link, spoken=None)


def _objection(asked: _Asked) -> Mail | None:
    """That an objection waits for somebody, or theirs was judged; nothing where it has gone on since."""
    content = asked.taken.content
    account = access.mailed_account(asked.connection, account_id=content["account"])
    if account is None:
        return None
    of_mail = cycle.objection_of_mail(
        asked.connection,
        scoring.state(asked.connection),
        account,
        cycle=content["cycle"],
        number=content["objection"],
        state=content["state"],
        day=asked.directory.day_of(asked.now),
    )
    if of_mail is None:
        return None
    letter = _OBJECTION_WAITS if of_mail[1] else _OBJECTION_JUDGED
    link = f"{asked.address}/cycles/{content['cycle']}/objections/{content['objection']}"
    return _written(asked, account, letter, {"cycle": content["cycle"]}, to=account.email, link=link, spoken=None)


def _reminder(asked: _Asked) -> Mail | None:
    account = access.mailed_account(asked.connection, account_id=asked.taken.content["account"])
    if account is None:
        return None
    day, loaded = asked.directory.day_of(asked.now), scoring.state(asked.connection)
    waiting = cycle.waiting_of(asked.connection, loaded, account, day=day)
    if not waiting:
        return None
    told = tuple(text for kind, text in _WAITING.items() if kind in waiting)
    letter = replace(_REMINDER, paragraphs=(*_REMINDER.paragraphs, *told))
    return _written(asked, account, letter, waiting, to=account.email, link=f"{asked.address}/", spoken=None)


def _board_reminder(asked: _Asked) -> Mail | None:
    content = asked.taken.content
    account = access.mailed_account(asked.connection, account_id=content["account"])
    if account is None:
        return None
    day, loaded = asked.directory.day_of(asked.now), scoring.state(asked.connection)
    counts = cycle.still_waiting(
        asked.connection, loaded, account, cycle=content["cycle"], rows=content["rows"], day=day
    )
    texts = dict.fromkeys(text for state, text in _BOARD_WAITING.items() if state in counts)
    if not texts:
        return None
    filling = {
        "cycle": content["cycle"],
        "to_sign": sum(number for state, number in counts.items() if _BOARD_WAITING.get(state) == _TO_SIGN),
        "rating_due": counts.get(BoardState.RATING_DUE, 0),
        "check_ins": counts.get(BoardState.CHECK_IN_DUE, 0),
        "reviews": counts.get(BoardState.TO_REVIEW, 0),
        "answers": counts.get(BoardState.REVIEW_DISAGREES, 0),
        "lapsed": counts.get(BoardState.LAPSED_MOVE, 0),
        "by_hand": counts.get(BoardState.NOTIFIED, 0),
        "objections": counts.get(BoardState.OBJECTION_OPEN, 0),
        "appeals": counts.get(BoardState.OBJECTION_APPEALED, 0),
        "granted": counts.get(BoardState.OBJECTION_GRANTED, 0),
    }
    letter = replace(_OF_BOARD, paragraphs=(*_OF_BOARD.paragraphs, *texts))
    return _written(asked, account, letter, filling, to=account.email, link=f"{asked.address}/", spoken=None)


_COMPOSERS: Final[Mapping[str, Callable[[_Asked], Mail | None]]] = {
    access.INVITATION: _invitation,
    access.FORGOTTEN: _forgotten,
    access.EMAIL_CHANGED: _email_changed,
    access.NEW_PASSWORD: _new_password,
    cycle.IMPOSED: _imposed,
    cycle.RESULT_TOLD: _result,
    cycle.OBJECTION: _objection,
    cycle.REMINDER: _reminder,
    cycle.BOARD_REMINDER: _board_reminder,
}

TOPICS: Final = frozenset(_COMPOSERS)
"""Of what mails are."""


def _with_link(
    asked: _Asked, account: Account, kind: LinkKind, letter: _Letter, *, spoken: str | None = None
) -> Mail | None:
    last, until = _last_day(asked)
    settings = asked.settings
    token = access.link_token(
        asked.connection,
        delivery=asked.taken.id,
        account_id=account.id,
        kind=kind,
        key=settings.secret_key if settings.secret_key_is_given else _TRIAL_KEY,
        until=until,
        now=asked.now,
    )
    if token is None:
        return None
    link = f"{asked.address}/set_password/{token}"
    return _written(
        asked, account, letter, {"day": last, "email": account.email}, to=account.email, link=link, spoken=spoken
    )


def _last_day(asked: _Asked) -> tuple[dt.date, dt.datetime]:
    """A link's last day, and the instant of its end, by the clock of the root unit (contract-desk, 1)."""
    last = asked.directory.day_of(asked.now) + dt.timedelta(days=access.LINK_DAYS)
    return last, dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), asked.directory.zone_at(asked.now))


def _written(
    asked: _Asked,
    account: Account,
    letter: _Letter,
    filling: Mapping[str, object],
    *,
    to: str,
    link: str,
    spoken: str | None,
) -> Mail:
    """The mail in its reader's language: the one that they chose, else the one that they asked in, else that of the country where they work."""
    today = asked.directory.day_of(asked.now)
    chosen = (account.language, spoken)
    language = next((one for one in chosen if one in _LANGUAGES), None) or _language_of(asked, account, today)
    root = asked.directory.tree.root_on(today)
    unit = None if root is None else asked.directory.unit_near(root, today)
    person = asked.directory.employees.get(account.employee or "")
    values = {
        "agency": "OpenKOPES" if unit is None else visible(unit.name.in_language(language)),
        "name": visible(person.name) if person is not None else account.email,
        "forgotten": f"{asked.address}/forgotten",
        # A day ends where the agency is: whoever reads it may be half a day behind.
        "city": city_of(str(asked.directory.zone_at(asked.now)), language),
        **{
            place: visible(one.in_language(language)) if isinstance(one, Name) else one
            for place, one in filling.items()
        },
    }
    if isinstance(day := values.get("day"), dt.date):
        values["day"] = format_date(day, "long", locale=_DATES_OF.get(language, language))

    def said(message: str) -> str:
        text = _catalogue(language).gettext(message)
        return (with_particles(text, values) if language == "ko" else text) % values

    subject = said(letter.subject)
    before, after = [[said(one) for one in some] for some in (letter.paragraphs, letter.after)]
    foot = said(n_("OpenKOPES sends this by itself: nobody reads what is answered to it."))
    html = _template().render(
        language=language, subject=subject, before=before, button=said(letter.button), link=link, after=after, foot=foot
    )
    return Mail(
        to=to,
        subject=" ".join(subject.split()),
        text="\n\n".join([*before, link, *after, f"-- \n{foot}"]) + "\n",
        html=html,
        language=language,
        key=f"{asked.taken.topic}.{asked.taken.id}.{int(asked.taken.made_at.timestamp())}",
    )


def _language_of(asked: _Asked, account: Account, day: dt.date) -> str:
    unit = None if account.employee is None else asked.directory.unit_of(account.employee, day)
    unit = unit or asked.directory.tree.root_on(day)
    row = None if unit is None else asked.directory.unit_on(unit, day)
    country = row.country if row is not None else None
    return "ko" if country in _KOREAN else "es" if country in _SPANISH else "en"


@functools.cache
def _catalogue(language: str) -> NullTranslations:
    return Translations.load(str(_CATALOGUES), [language])


@functools.cache
def _template() -> Template:
    return Environment(loader=FileSystemLoader(ROOT / "templates"), autoescape=True).get_template("mail/letter.html")
