"""What units, people and KPIs are called, in the reader's language: of what a page has by its code."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import gettext

from app import scoring
from app.rules.terms import Node, NodeKind, Role
from app.web.asked.request_context import RequestContext
from app.web.wording.languages import kpi_name, named
from app.web.wording.words import ROLES

__all__ = ["distinct_name", "kpi_named", "kpi_namer", "node_named", "person_named", "who_named"]


def node_named(context: RequestContext, node: Node) -> str:
    """A unit or an employee by name, as of today. Queries: 1 where the organisation was not asked for."""
    return str(named(scoring.node_name(context.directory, node, context.today)))


def distinct_name(context: RequestContext, node: Node) -> str:
    """A unit or an employee by a name that means nobody else: with the number where two have one name, as titles, choices and lists without numbers need it.

    Queries: as :func:`node_named`.
    """
    name = node_named(context, node)
    is_shared = node.kind is NodeKind.EMPLOYEE and context.directory.has_namesake(node.code)
    return f"{name} ({node.code})" if is_shared else name


def who_named(context: RequestContext, who: str) -> str:
    """Whom something waits for: an employee by name, of hr and executives what they are, anybody else as they are written."""
    if who in context.directory.employees:
        return distinct_name(context, Node(NodeKind.EMPLOYEE, who))
    return gettext(ROLES[Role(who)]) if who in set(Role) else who


def kpi_named(context: RequestContext, cycle: int, code: str) -> str:
    """A KPI as what a cycle goes by calls it; the code of one that it does not have. Queries: those of :func:`app.scoring.state`."""
    return kpi_name(scoring.state(context.connection).sheet.definitions_of(cycle).kpis, code, cycle)


def kpi_namer(context: RequestContext) -> Callable[[int, str], str]:
    """What names the KPIs of many rows, as :func:`kpi_named` names one. Queries: those of :func:`app.scoring.state`, once."""
    sheet = scoring.state(context.connection).sheet
    return lambda cycle, code: kpi_name(sheet.definitions_of(cycle).kpis, code, cycle)


def person_named(context: RequestContext, text: str) -> str:
    """Somebody by the name of an employee, where a number or an e-mail is one's; else as they were written."""
    known = context.directory
    numbers = (text,) if text in known.employees else known.numbers_of_email(text) if "@" in text else ()
    return distinct_name(context, Node(NodeKind.EMPLOYEE, numbers[0])) if len(numbers) == 1 else text
