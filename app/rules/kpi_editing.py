"""A KPI's definition as a plain document, edited: a version corrected or begun, put into its file or taken out of it.

A version in a file names only what it changes of what held before. Do not edit it as it stands: whoever corrects an earlier one would change the
later ones with it. Each is filled up first, and what of it is like the one before is left out at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from app.rules.documents import plain_number
from app.rules.kpi_members import MEMBERS

__all__ = ["VersionContent", "edited_kpi", "kpis_in", "plain_content", "versions_in", "with_kpi", "without_kpi"]

_FROM: Final = "from"


class VersionContent(NamedTuple):
    """All members of a version, and the first cycle that it holds for; None for the first text."""

    from_cycle: int | None
    members: Mapping[str, Any]


def plain_content(value: Any) -> Any:
    """A value of a document with its numbers as whole numbers or exact texts, so that equal ones are equal."""
    if isinstance(value, Mapping):
        return {str(key): plain_content(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain_content(one) for one in value]
    return plain_number(value) if isinstance(value, Decimal) and value.is_finite() else value


def versions_in(content: Mapping[str, Any]) -> tuple[VersionContent, ...]:
    """The versions of a definition, each filled up with what held before; as far as it can be read."""
    members = {name: content[name] for name in MEMBERS if name in content}
    versions = [VersionContent(None, members)]
    later = content.get("versions")
    for one in later if isinstance(later, list | tuple) else ():
        if isinstance(one, Mapping) and isinstance(one.get(_FROM), int):
            members = members | {name: one[name] for name in MEMBERS if name in one}
            versions.append(VersionContent(one[_FROM], members))
    return tuple(versions)


def edited_kpi(
    content: Mapping[str, Any],
    *,
    code: str,
    version: VersionContent,
    since: Any = None,
    examples: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """A definition with one version in the place of that of the same first cycle, or beside the others.

    Args:
        content: the definition as it is; empty for a new one.
        code: the KPI's.
        version: all its members.
        since: the first cycle in which the KPI was used.
        examples: all of them.
    """
    kept = {one.from_cycle: one for one in versions_in(content)} if content else {}
    kept[version.from_cycle] = version
    first, *later = sorted(kept.values(), key=lambda one: (one.from_cycle is not None, one.from_cycle or 0))
    edited: dict[str, Any] = {"code": code} | dict(first.members)
    if since is not None:
        edited["since"] = since
    changes = []
    before = first.members
    for one in later:
        differing = {name: value for name, value in one.members.items() if _differs(value, before.get(name))}
        changes.append({_FROM: one.from_cycle} | differing)
        before = one.members
    if changes:
        edited["versions"] = changes
    if examples:
        edited["examples"] = [dict(one) for one in examples]
    return dict(plain_content(edited))


def _differs(value: Any, other: Any) -> bool:
    return bool(plain_content(value) != plain_content(other))


# ------------------------------------------------------------------------------------------------------------- in a file


def kpis_in(content: Any) -> list[Any]:
    """The definitions of a file: of one KPI, a list of them, or a mapping with ``kpis``."""
    if isinstance(content, Mapping) and "kpis" in content:
        content = content["kpis"]
    return list(content) if isinstance(content, list | tuple) else [content]


def _code(one: Any) -> str | None:
    return str(one["code"]) if isinstance(one, Mapping) and "code" in one else None


def with_kpi(content: Any, kpi: Mapping[str, Any]) -> Any:
    """A file with a definition in the place of that of the same code, or at its end."""
    inside = kpis_in(content)
    code = _code(kpi)
    if len(inside) == 1 and _code(inside[0]) == code:
        return dict(kpi) if inside[0] is content else {"kpis": [dict(kpi)]}
    kept = [dict(kpi) if _code(one) == code else plain_content(one) for one in inside]
    return {"kpis": kept if any(_code(one) == code for one in inside) else [*kept, dict(kpi)]}


def without_kpi(content: Any, code: str) -> Any:
    """A file without the definition of a code; None where it has no other one."""
    kept = [plain_content(one) for one in kpis_in(content) if _code(one) != code]
    return {"kpis": kept} if kept else None
