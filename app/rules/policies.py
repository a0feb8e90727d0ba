"""Policies: what the agency decides about cycle, blend, grades, pay and promotion, as plain numbers.

Percentages throughout: a rate of 134 is 134 %.
A newcomer's usual mistake: a mapping of ``policies.yaml`` keeps the defaults of what it does not name, a list replaces the
default list as a whole (``contract.md``, "KPI definitions").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Final

from app.plain.findings import Finding, n_
from app.rules.documents import Document, Entry, plain_number
from app.rules.kpi_members import read_words
from app.rules.kpis import Translated, words_document
from app.rules.terms import AREA_BELOW, CODE_PATTERN, Job, Name

__all__ = [
    "DEFAULT_POLICIES",
    "LEGAL_FORMS",
    "AreaPolicy",
    "Blend",
    "CalibrationPolicy",
    "CyclePolicy",
    "FeedPolicy",
    "GradePolicy",
    "GradeRules",
    "GroupPolicy",
    "ObjectionPolicy",
    "PayPolicy",
    "Policies",
    "PromotionBlocks",
    "PromotionPolicy",
    "RatingPolicy",
    "ReviewPolicy",
    "policies_document",
    "read_policies",
]

LEGAL_FORMS: Final = (
    *("gmbh", "ltd", "inc", "co", "llc", "sa", "ag", "corp", "limited"),
    *("plc", "bv", "kg", "spa", "srl", "oy", "ab", "as"),
)
HUNDRED: Final = Decimal(100)
PERCENT_MAX: Final = 10_000
DAYS_MAX: Final = 366
ROWS_MAX: Final = 1_000_000
MONTHS_MAX: Final = 120
RATERS_MAX: Final = 100
STEPS_MAX: Final = 100
COMMITTEE_MAX: Final = 1000
REVIEW_TEXT_MAX: Final = 2000


@dataclass(frozen=True, slots=True)
class CyclePolicy:
    """Cycle 2026 is the twelve months from ``first_month`` of 2026."""

    first_month: int = 1


@dataclass(frozen=True, slots=True)
class Blend:
    """How much of a final score is the unit's and how much one's own (percent, together 100; domain.md 4)."""

    unit: Decimal
    own: Decimal


@dataclass(frozen=True, slots=True)
class GradePolicy:
    """A grade, the share of an evaluation group that gets it, and the rate of pay that it brings (percent)."""

    grade: str
    share: Decimal
    rate: Decimal


@dataclass(frozen=True, slots=True)
class GradeRules:
    """What the grades of the whole agency must satisfy (B26; domain.md 5)."""

    min_grades: int = 6
    top_share_min: Decimal = Decimal(10)
    lowest_two_share_min: Decimal = Decimal(10)
    single_share_max: Decimal = Decimal(50)
    lowest_rate_max: Decimal = Decimal(0)
    top_to_second_lowest_min: Decimal = Decimal(2)


@dataclass(frozen=True, slots=True)
class GroupPolicy:
    """Evaluation groups: how many graded people one needs, whether heads are a group of their own, and what people call the groups."""

    minimum: int = 10
    heads_apart: bool = True
    names: Mapping[str, Translated] = field(default_factory=dict)
    outside_ranks: tuple[str, ...] = ()
    """Whoever is of one of these ranks is scored and listed, and graded by nobody here (contract-cycle, 6)."""


@dataclass(frozen=True, slots=True)
class AreaPolicy:
    """What people call the areas of scorecards, by what ``scorecards.csv`` calls them, level by level."""

    names: Mapping[str, Translated] = field(default_factory=dict)

    def level(self, area: str) -> Name:
        """The last level of an area in each language: of ``Management / Leadership`` what leadership is called."""
        level = area.rpartition(AREA_BELOW)[2]
        words = self.names.get(area) or self.names.get(level)
        return Name(level) if words is None else Name(words.en, ko=words.ko, es=words.es)

    def named(self, area: str) -> Name:
        """An area in each language, with the levels above it."""
        levels = area.split(AREA_BELOW)
        names = [self.level(AREA_BELOW.join(levels[: place + 1])) for place in range(len(levels))]
        return Name.written(AREA_BELOW.join(["{}"] * len(names)), *names)


def _institution_rates() -> Mapping[str, Decimal]:
    return {"S": HUNDRED, "A": Decimal(80), "B": Decimal(60), "C": Decimal(40), "D": Decimal(0), "E": Decimal(0)}


@dataclass(frozen=True, slots=True)
class PayPolicy:
    """The agency's own grade, what each such grade pays (percent), and the pool in won where pay is capped."""

    institution_grade: str = "B"
    institution_rates: Mapping[str, Decimal] = field(default_factory=_institution_rates)
    pool: int | None = None

    @property
    def institution_rate(self) -> Decimal:
        """The percentage that the agency's own grade pays."""
        return self.institution_rates[self.institution_grade]


@dataclass(frozen=True, slots=True)
class PromotionBlocks:
    """For how many months after its day a disciplinary measure bars from promotion, and how many more a grave one does (contract-cycle, 8)."""

    demotion: int = 18
    suspension: int = 18
    pay_cut: int = 12
    reprimand: int = 6
    grave: int = 6


@dataclass(frozen=True, slots=True)
class PromotionPolicy:
    """Promotion points: performance over ``years`` results, career by full years, bonus (CS26; domain.md 5)."""

    years: int = 3
    performance_share: Decimal = Decimal(95)
    career_per_year: Decimal = Decimal("0.25")
    career_max: Decimal = Decimal(5)
    bonus_max: Decimal = Decimal(5)
    blocks: PromotionBlocks = PromotionBlocks()
    grounds: tuple[str, ...] = ()
    """What bonus points are granted for, by codes; none for whatever is written."""


@dataclass(frozen=True, slots=True)
class FeedPolicy:
    """What a feed may change by itself, and how long it may be silent (contract-desk, 4).

    Attributes:
        changed_pct: rows that it changes at most, in percent of those that there are.
        removed: rows that it leaves out at most.
        late_hours: after so many hours without anything hr is told.
    """

    changed_pct: Decimal = Decimal(5)
    removed: int = 0
    late_hours: int = 36


@dataclass(frozen=True, slots=True)
class RatingPolicy:
    """How many raters there must be for a line that is rated in the application to be measured (contract-cycle, 10)."""

    minimum: int = 1


@dataclass(frozen=True, slots=True)
class CalibrationPolicy:
    """What moves of proposed grades must keep (contract-cycle, 6 and 10).

    Attributes:
        hold_seats: whether a group has as many people of each grade after as before.
        max_steps: by how many grades somebody is moved at most, counted from the proposed one.
    """

    hold_seats: bool = True
    max_steps: int = 1


@dataclass(frozen=True, slots=True)
class ObjectionPolicy:
    """How long there is to object, to answer and to appeal, and how many the committee takes (contract-cycle, 7 and 10).

    Attributes:
        days: to object, from the day after one was told.
        answer_days: to answer; after them it goes to the committee by itself.
        appeal_days: to appeal, from the answer on.
        committee: the fewest members.
    """

    days: int = 14
    answer_days: int = 10
    appeal_days: int = 7
    committee: int = 5


@dataclass(frozen=True, slots=True)
class ReviewPolicy:
    """How many characters the text of a head's review has at the least (contract-cycle, 6 and 10)."""

    minimum_text: int = 20


def _blend() -> Mapping[Job, Blend]:
    return {
        Job.STAFF: Blend(Decimal(50), Decimal(50)),
        Job.MANAGER: Blend(Decimal(70), Decimal(30)),
        Job.HEAD: Blend(HUNDRED, Decimal(0)),
    }


def _grades() -> tuple[GradePolicy, ...]:
    official = (("S", 10, 134), ("A", 15, 115), ("B", 50, 100), ("C", 15, 85), ("D", 5, 66), ("E", 5, 0))
    return tuple(GradePolicy(grade, Decimal(share), Decimal(rate)) for grade, share, rate in official)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """All policies; the defaults are the contract's."""

    cycle: CyclePolicy = CyclePolicy()
    blend: Mapping[Job, Blend] = field(default_factory=_blend)
    grades: tuple[GradePolicy, ...] = field(default_factory=_grades)
    rules: GradeRules = GradeRules()
    groups: GroupPolicy = GroupPolicy()
    areas: AreaPolicy = AreaPolicy()
    minimum_days: int = 60
    pay: PayPolicy = field(default_factory=PayPolicy)
    promotion: PromotionPolicy = PromotionPolicy()
    unique_weight_max: Decimal = Decimal(40)
    legal_forms: tuple[str, ...] = LEGAL_FORMS
    feeds: FeedPolicy = FeedPolicy()
    ratings: RatingPolicy = RatingPolicy()
    calibration: CalibrationPolicy = CalibrationPolicy()
    objections: ObjectionPolicy = ObjectionPolicy()
    review: ReviewPolicy = ReviewPolicy()


DEFAULT_POLICIES: Final = Policies()


def read_policies(document: Document, findings: list[Finding]) -> Policies:
    """The policies of a document over the defaults; problems are added to ``findings``."""
    content = {} if document.content is None else document.content
    top = Entry(document, (), content, findings).members((), tuple(_READERS))
    if top is None:
        return DEFAULT_POLICIES
    read = {key: _READERS[key](entry) for key, entry in top.items()}
    return Policies(**{key: value for key, value in read.items() if value is not None})  # type: ignore[arg-type]


def _read_cycle(entry: Entry) -> CyclePolicy | None:
    members = entry.members((), ("first_month",))
    if members is None:
        return None
    first_month = members["first_month"].integer(1, 12) if "first_month" in members else None
    return CyclePolicy(first_month or CyclePolicy().first_month)


def _numbers(entry: Entry, defaults: Mapping[str, Decimal], most: int) -> dict[str, Decimal] | None:
    """Numbers from 0 to ``most`` by name, over their defaults."""
    members = entry.members((), tuple(defaults))
    if members is None:
        return None
    read = {key: member.number(0, most) for key, member in members.items()}
    return {**defaults, **{key: number for key, number in read.items() if number is not None}}


def _read_blend(entry: Entry) -> Mapping[Job, Blend] | None:
    members = entry.members((), tuple(Job))
    if members is None:
        return None
    blends = dict(DEFAULT_POLICIES.blend)
    for job, member in members.items():
        default = blends[Job(job)]
        numbers = _numbers(member, {"unit": default.unit, "own": default.own}, 100)
        if numbers is None:
            continue
        if numbers["unit"] + numbers["own"] != HUNDRED:
            message = n_("unit and own of a blend must add up to 100, these are %(sum)s")
            member.report("blend_sum", message, sum=str(numbers["unit"] + numbers["own"]))
        blends[Job(job)] = Blend(**numbers)
    return blends


def _read_grades(entry: Entry) -> tuple[GradePolicy, ...] | None:
    items = entry.items(2)
    if items is None:
        return None
    grades: list[GradePolicy] = []
    for item in items:
        members = item.members(("grade", "share", "rate")) or {}
        grade = members["grade"].text() if "grade" in members else None
        share = members["share"].number(0, 100) if "share" in members else None
        rate = members["rate"].number(0, PERCENT_MAX) if "rate" in members else None
        if grade is None or share is None or rate is None:
            continue
        if any(grade == other.grade for other in grades):
            members["grade"].report("duplicate_grade", n_("the grade %(grade)s stands twice"), grade=grade)
        grades.append(GradePolicy(grade, share, rate))
    total = sum((grade.share for grade in grades), Decimal(0))
    if len(grades) == len(items) and total != HUNDRED:
        message = n_("the shares of the grades must add up to 100, these are %(sum)s")
        entry.report("grade_share_sum", message, sum=str(total))
    return tuple(grades)


def _read_rules(entry: Entry) -> GradeRules | None:
    default = GradeRules()
    percentages = ("top_share_min", "lowest_two_share_min", "single_share_max")
    ratios = ("lowest_rate_max", "top_to_second_lowest_min")
    members = entry.members((), ("min_grades", *percentages, *ratios))
    if members is None:
        return None
    min_grades = members["min_grades"].integer(1, 100) if "min_grades" in members else None
    read = {key: members[key].number(0, 100) for key in percentages if key in members}
    read |= {key: members[key].number(0, PERCENT_MAX) for key in ratios if key in members}
    given = {key: number for key, number in read.items() if number is not None}
    return GradeRules(min_grades or default.min_grades, **given)


def _read_groups(entry: Entry) -> GroupPolicy | None:
    default = GroupPolicy()
    members = entry.members((), ("minimum", "heads_apart", "names", "outside_ranks"))
    if members is None:
        return None
    minimum = members["minimum"].integer(1, 1_000_000) if "minimum" in members else None
    apart = members["heads_apart"].flag() if "heads_apart" in members else None
    named = (members["names"].mapping() or {}) if "names" in members else {}
    names = {group: words for group, member in named.items() if (words := read_words(member)) is not None}
    ranks = _read_texts(members["outside_ranks"]) if "outside_ranks" in members else ()
    return GroupPolicy(minimum or default.minimum, default.heads_apart if apart is None else apart, names, ranks)


def _read_texts(entry: Entry) -> tuple[str, ...]:
    """Texts without those that stand there already, without blanks around them."""
    texts = (item.text() for item in entry.items() or [])
    return tuple(dict.fromkeys(text.strip() for text in texts if text is not None))


def _read_areas(entry: Entry) -> AreaPolicy | None:
    members = entry.members((), ("names",))
    if members is None:
        return None
    named = (members["names"].mapping() or {}) if "names" in members else {}
    return AreaPolicy({area: words for area, member in named.items() if (words := read_words(member)) is not None})


def _read_pay(entry: Entry) -> PayPolicy | None:
    default = PayPolicy()
    members = entry.members((), ("institution_grade", "institution_rates", "pool"))
    if members is None:
        return None
    rates = dict(default.institution_rates)
    if "institution_rates" in members:
        for grade, member in (members["institution_rates"].mapping() or {}).items():
            rate = member.number(0, PERCENT_MAX)
            rates[grade] = rates.get(grade, Decimal(0)) if rate is None else rate
    institution = members["institution_grade"].choice(tuple(rates)) if "institution_grade" in members else None
    pool = members["pool"].integer(0, 10**15 - 1) if "pool" in members else None
    return PayPolicy(institution or default.institution_grade, rates, pool)


def _read_promotion(entry: Entry) -> PromotionPolicy | None:
    default = PromotionPolicy()
    numbers = ("career_per_year", "career_max", "bonus_max")
    members = entry.members((), ("years", "performance_share", *numbers, "blocks", "grounds"))
    if members is None:
        return None
    years = members["years"].integer(1, 50) if "years" in members else None
    read = {key: members[key].number(0, 1000) for key in numbers if key in members}
    if "performance_share" in members:
        read["performance_share"] = members["performance_share"].number(0, 100)
    given = {key: number for key, number in read.items() if number is not None}
    blocks = _read_blocks(members["blocks"]) if "blocks" in members else None
    grounds = _read_grounds(members["grounds"]) if "grounds" in members else ()
    return PromotionPolicy(years or default.years, **given, blocks=blocks or default.blocks, grounds=grounds)


def _read_grounds(entry: Entry) -> tuple[str, ...]:
    grounds: list[str] = []
    for item in entry.items() or []:
        text = item.text()
        if text is not None and not CODE_PATTERN.fullmatch(text):
            item.expected(n_("a code of 1 to 40 letters, digits, full stops, hyphens and underscores"))
        elif text is not None and text not in grounds:
            grounds.append(text)
    return tuple(grounds)


def _read_blocks(entry: Entry) -> PromotionBlocks | None:
    members = entry.members((), tuple(asdict(PromotionBlocks())))
    if members is None:
        return None
    read = {kind: member.integer(0, MONTHS_MAX) for kind, member in members.items()}
    return PromotionBlocks(**{kind: months for kind, months in read.items() if months is not None})


def _read_minimum_days(entry: Entry) -> int | None:
    return entry.integer(0, DAYS_MAX)


def _read_unique_weight_max(entry: Entry) -> Decimal | None:
    return entry.number(0, 100)


def _read_feeds(entry: Entry) -> FeedPolicy | None:
    default = FeedPolicy()
    members = entry.members((), ("changed_pct", "removed", "late_hours"))
    if members is None:
        return None
    changed = members["changed_pct"].number(0, 100) if "changed_pct" in members else None
    removed = members["removed"].integer(0, ROWS_MAX) if "removed" in members else None
    late = members["late_hours"].integer(1, 24 * DAYS_MAX) if "late_hours" in members else None
    return FeedPolicy(
        default.changed_pct if changed is None else changed,
        default.removed if removed is None else removed,
        default.late_hours if late is None else late,
    )


def _read_ratings(entry: Entry) -> RatingPolicy | None:
    members = entry.members((), ("minimum",))
    if members is None:
        return None
    minimum = members["minimum"].integer(1, RATERS_MAX) if "minimum" in members else None
    return RatingPolicy(minimum or RatingPolicy().minimum)


def _read_calibration(entry: Entry) -> CalibrationPolicy | None:
    default = CalibrationPolicy()
    members = entry.members((), ("hold_seats", "max_steps"))
    if members is None:
        return None
    holds = members["hold_seats"].flag() if "hold_seats" in members else None
    steps = members["max_steps"].integer(0, STEPS_MAX) if "max_steps" in members else None
    return CalibrationPolicy(
        default.hold_seats if holds is None else holds, default.max_steps if steps is None else steps
    )


def _read_objections(entry: Entry) -> ObjectionPolicy | None:
    members = entry.members((), tuple(asdict(ObjectionPolicy())))
    if members is None:
        return None
    read = {
        key: member.integer(1, COMMITTEE_MAX if key == "committee" else DAYS_MAX) for key, member in members.items()
    }
    return ObjectionPolicy(**{key: number for key, number in read.items() if number is not None})


def _read_review(entry: Entry) -> ReviewPolicy | None:
    members = entry.members((), ("minimum_text",))
    if members is None:
        return None
    least = members["minimum_text"].integer(0, REVIEW_TEXT_MAX) if "minimum_text" in members else None
    return ReviewPolicy() if least is None else ReviewPolicy(least)


def _read_legal_forms(entry: Entry) -> tuple[str, ...] | None:
    forms: list[str] = []
    for item in entry.items() or []:
        text = item.text()
        if text is None:
            continue
        # Names are compared case-folded and without full stops, so "S.A." has to be written, and kept, as "sa".
        form = unicodedata.normalize("NFKC", text).casefold().replace(".", "").strip()
        if not re.fullmatch(r"\w+", form):
            item.expected(n_("one word, such as gmbh"))
        elif form not in forms:
            forms.append(form)
    return tuple(forms)


_READERS: Final = {
    "cycle": _read_cycle,
    "blend": _read_blend,
    "grades": _read_grades,
    "rules": _read_rules,
    "groups": _read_groups,
    "areas": _read_areas,
    "minimum_days": _read_minimum_days,
    "pay": _read_pay,
    "promotion": _read_promotion,
    "unique_weight_max": _read_unique_weight_max,
    "legal_forms": _read_legal_forms,
    "feeds": _read_feeds,
    "ratings": _read_ratings,
    "calibration": _read_calibration,
    "objections": _read_objections,
    "review": _read_review,
}
"""A reader for each policy: the entry in, the policy or None (reported) out."""


def policies_document(policies: Policies, *, whole: bool = False) -> dict[str, object]:
    """All policies as a plain document that :func:`read_policies` reads back as an equal value.

    Args:
        policies: of them.
        whole: with the members that came later also where they are as by default; a form, and who reads them, is shown all.
    """
    rules, promotion, feeds = policies.rules, policies.promotion, policies.feeds
    pay: dict[str, object] = {
        "institution_grade": policies.pay.institution_grade,
        "institution_rates": {grade: plain_number(rate) for grade, rate in policies.pay.institution_rates.items()},
    }
    if policies.pay.pool is not None:
        pay["pool"] = policies.pay.pool
    points: dict[str, object] = {
        "years": promotion.years,
        "performance_share": plain_number(promotion.performance_share),
        "career_per_year": plain_number(promotion.career_per_year),
        "career_max": plain_number(promotion.career_max),
        "bonus_max": plain_number(promotion.bonus_max),
    }
    # What is as it was before there was such a member is not written: policies that say nothing else stay the same document.
    if whole or promotion.blocks != PromotionBlocks():
        points["blocks"] = asdict(promotion.blocks)
    if promotion.grounds:
        points["grounds"] = list(promotion.grounds)
    groups: dict[str, object] = {"minimum": policies.groups.minimum, "heads_apart": policies.groups.heads_apart}
    if policies.groups.names:
        groups["names"] = {group: words_document(words) for group, words in policies.groups.names.items()}
    if policies.groups.outside_ranks:
        groups["outside_ranks"] = list(policies.groups.outside_ranks)
    areas = {area: words_document(words) for area, words in policies.areas.names.items()}
    return {
        "cycle": {"first_month": policies.cycle.first_month},
        "blend": {
            str(job): {"unit": plain_number(blend.unit), "own": plain_number(blend.own)}
            for job, blend in policies.blend.items()
        },
        "grades": [
            {"grade": one.grade, "share": plain_number(one.share), "rate": plain_number(one.rate)}
            for one in policies.grades
        ],
        "rules": {
            "min_grades": rules.min_grades,
            "top_share_min": plain_number(rules.top_share_min),
            "lowest_two_share_min": plain_number(rules.lowest_two_share_min),
            "single_share_max": plain_number(rules.single_share_max),
            "lowest_rate_max": plain_number(rules.lowest_rate_max),
            "top_to_second_lowest_min": plain_number(rules.top_to_second_lowest_min),
        },
        "groups": groups,
        **({"areas": {"names": areas}} if areas else {}),
        "minimum_days": policies.minimum_days,
        "pay": pay,
        "promotion": points,
        "unique_weight_max": plain_number(policies.unique_weight_max),
        "legal_forms": list(policies.legal_forms),
        "feeds": {
            "changed_pct": plain_number(feeds.changed_pct),
            "removed": feeds.removed,
            "late_hours": feeds.late_hours,
        },
        **{
            member: asdict(getattr(policies, member))
            for member in ("ratings", "calibration", "objections", "review")
            if whole or getattr(policies, member) != getattr(DEFAULT_POLICIES, member)
        },
    }
