"""Why a decision is not made or checked: each with the contract's code (contract-desk, 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.kit.refusals import Conflict
from app.plain.findings import n_
from app.rules.deciding import Obstacle

__all__ = ["NotMaker", "NotProposed", "NotSeen", "OtherDigest", "Overtaken", "refusal_for"]


class _NotYourRole(Conflict):
    code = "role"
    message = n_("Your role does not decide this: ask somebody whose role does.")


class _SamePerson(Conflict):
    code = "same_person"
    message = n_("You have proposed this yourself: ask another person to agree, or withdraw it.")


class _OwnCase(Conflict):
    code = "own_case"
    message = n_(
        "The decision is about yourself, or about a unit that you are posted to: ask somebody else to take it."
    )


class _ActsForMaker(Conflict):
    code = "acts_for_maker"
    message = n_("Whoever proposed this and you stand in for each other today: ask somebody else to agree.")


class _AccountChanged(Conflict):
    code = "account_changed"
    message = n_(
        "Since this was proposed, somebody has given one of your two accounts its password, roles or employee: ask for a new proposal."
    )


class _OwnGroup(Conflict):
    code = "own_group"
    message = n_("You are in this group yourself, so that others calibrate it: ask a calibrator who is in none of it.")


class NotProposed(Conflict):
    """It has come to its end already."""

    code = "not_proposed"
    message = n_(
        "The decision is not open any more, since it was agreed to, refused, withdrawn or overtaken: look at what became of it."
    )


class OtherDigest(Conflict):
    """What was looked at is not what is proposed."""

    code = "digest"
    message = n_("What you looked at is not what is proposed: load the decision again before you agree.")


class NotSeen(Conflict):
    """It moves a great deal, and nobody has looked."""

    code = "not_seen"
    message = n_("The decision moves %(count)s figures, and you have not opened them: look at them before you agree.")


class NotMaker(Conflict):
    """Another person proposed it."""

    code = "not_maker"
    message = n_("Only who proposed a decision withdraws it: ask that person.")


class Overtaken(Conflict):
    """What it moves is not what it moved when it was proposed."""

    code = "overtaken"
    stays = True
    message = n_("Something has moved since this was proposed, so it is void: look at what moved, and propose it anew.")


_BY_OBSTACLE: Final[Mapping[Obstacle, type[Conflict]]] = {
    Obstacle.ROLE: _NotYourRole,
    Obstacle.SAME_PERSON: _SamePerson,
    Obstacle.OWN_CASE: _OwnCase,
    Obstacle.ACTS_FOR_MAKER: _ActsForMaker,
    Obstacle.ACCOUNT_CHANGED: _AccountChanged,
    Obstacle.OWN_GROUP: _OwnGroup,
}


def refusal_for(obstacle: Obstacle) -> Conflict:
    """The refusal that says so."""
    return _BY_OBSTACLE[obstacle]()
