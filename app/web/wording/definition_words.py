"""What the members of definitions and policies are called on pages, what each means, and what its choices are called.

The fields themselves are made from the JSON schemas. Do not describe a field in a template: a member that has no words here fails a test
(``tests/web/test_definition_forms.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from app.plain.findings import n_
from app.web.wording.words import COUNTS_FROM, METHODS, PERSPECTIVES, TYPES

__all__ = ["CHOICES", "FieldWords", "choice_words", "words_of"]


class FieldWords(NamedTuple):
    """What a field is called, what it means, and where that comes from; all but the first may be empty."""

    label: str
    hint: str = ""
    source: str = ""


B26: Final = n_("Budget guideline for public institutions 2026")
CS26: Final = n_("Appraisal decree of the civil service 2026")
OWN: Final = n_("The agency's own choice")

_NAME_HINT: Final = n_("What is not translated is shown in English.")

KPI: Final[Mapping[str, FieldWords]] = {
    "code": FieldWords(
        n_("Code"),
        n_("What scorecards, past years and plans call it: letters, digits, full stops, hyphens and underscores."),
    ),
    "name": FieldWords(n_("Name"), _NAME_HINT),
    "goal": FieldWords(n_("Strategic task")),
    "class": FieldWords(n_("Class"), n_("How wide high and low lie around the base value.")),
    "direction": FieldWords(n_("Direction")),
    "unit": FieldWords(n_("Unit of measure"), n_("Such as USD, or a word in each language.")),
    "measure": FieldWords(n_("What is measured")),
    "aggregate": FieldWords(n_("How it is counted")),
    "activity": FieldWords(n_("Which activities")),
    "of": FieldWords(n_("Of what")),
    "where": FieldWords(n_("Only of")),
    "country": FieldWords(n_("Countries of the buyer"), n_("Two capital letters each, such as AT, DE; empty for all.")),
    "hs_code": FieldWords(n_("HS codes"), n_("The first digits, such as 8509, 9018; empty for all.")),
    "numerator": FieldWords(n_("What is divided")),
    "denominator": FieldWords(n_("What it is divided by")),
    "counts_from": FieldWords(
        n_("What counts"),
        n_(
            "From which moment an entry counts. Figures that are reported, and grades that raters give, have none: leave it empty there."
        ),
    ),
    "method": FieldWords(n_("How the score is made")),
    "method.name": FieldWords(n_("Method")),
    "bounds": FieldWords(n_("What high and low are held within")),
    "min": FieldWords(n_("Not below")),
    "max": FieldWords(n_("Not above")),
    "start": FieldWords(n_("Where the path starts")),
    "method.goal": FieldWords(n_("Where the path ends")),
    "year": FieldWords(n_("Year")),
    "value": FieldWords(n_("Value")),
    "targets": FieldWords(n_("Targets by year"), n_("Years between them are interpolated.")),
    "key": FieldWords(n_("Year")),
    "rhythm": FieldWords(n_("When figures are reported"), n_("Only of what is given.")),
    "every": FieldWords(n_("Every")),
    "by_day": FieldWords(n_("Days after its end")),
    "since": FieldWords(n_("Used since the cycle"), n_("A change within three years of it is warned of.")),
    "examples": FieldWords(
        n_("Worked examples"),
        n_(
            "Each must come out: a reader checks by them how the score is made. A row whose fields are all empty is left out."
        ),
    ),
    "history": FieldWords(n_("Past years"), n_("Their actuals, the oldest first, parted by blanks or semicolons.")),
    "cycle": FieldWords(n_("Cycle")),
    "target": FieldWords(n_("Target")),
    "actual": FieldWords(n_("Actual")),
    "score": FieldWords(n_("Score")),
    "en": FieldWords(n_("in English")),
    "ko": FieldWords(n_("in Korean")),
    "es": FieldWords(n_("in Spanish")),
}

GOALS: Final[Mapping[str, FieldWords]] = {
    "code": FieldWords(n_("Code")),
    "name": FieldWords(n_("Name"), _NAME_HINT),
    "perspective": FieldWords(n_("Perspective")),
    "tasks": FieldWords(
        n_("Strategic tasks"), n_("KPIs name one of them. A row whose fields are all empty is left out.")
    ),
    "en": KPI["en"],
    "ko": KPI["ko"],
    "es": KPI["es"],
}

POLICIES: Final[Mapping[str, FieldWords]] = {
    "cycle": FieldWords(n_("Cycle")),
    "first_month": FieldWords(
        n_("First month"), n_("The cycle 2026 is the twelve months from this one of 2026 on."), OWN
    ),
    "blend": FieldWords(
        n_("Unit part and own part"),
        n_("How much of a person's final score comes from the unit, in percent; both add up to 100."),
        OWN,
    ),
    "staff": FieldWords(n_("Staff")),
    "manager": FieldWords(n_("Manager")),
    "head": FieldWords(n_("Head")),
    "unit": FieldWords(n_("Unit part")),
    "own": FieldWords(n_("Own part")),
    "grades": FieldWords(
        n_("Grades"),
        n_(
            "The best first. The shares of an evaluation group add up to 100; the rate is what a grade pays, in percent."
        ),
        B26,
    ),
    "grade": FieldWords(n_("Grade")),
    "share": FieldWords(n_("Share")),
    "rate": FieldWords(n_("Rate")),
    "rules": FieldWords(
        n_("What all grades must keep"), n_("A proposal of grades that breaks one of these says so."), B26
    ),
    "min_grades": FieldWords(n_("Fewest grades")),
    "top_share_min": FieldWords(n_("Least share of the top grade")),
    "lowest_two_share_min": FieldWords(n_("Least share of the two lowest grades together")),
    "single_share_max": FieldWords(n_("Largest share of any grade")),
    "lowest_rate_max": FieldWords(n_("Highest rate of the lowest grade")),
    "top_to_second_lowest_min": FieldWords(n_("The top rate is at least so many times the second lowest")),
    "groups": FieldWords(n_("Evaluation groups")),
    "areas": FieldWords(n_("Areas of scorecards")),
    "areas.names": FieldWords(
        n_("What areas are called"),
        n_("By what the scorecards call them, level by level. Without a name their own text is shown."),
        OWN,
    ),
    "minimum": FieldWords(n_("Fewest graded people"), n_("Smaller groups are merged."), OWN),
    "heads_apart": FieldWords(n_("Heads are a group of their own"), "", OWN),
    "outside_ranks": FieldWords(
        n_("Ranks that are not graded here"),
        n_(
            "Whoever is of one of them is scored and listed, without a group, a grade or pay. Parted by commas; empty for none."
        ),
        OWN,
    ),
    "names": FieldWords(
        n_("What groups are called"),
        n_("By their code; heads, others and agency too. Without a name the code is shown."),
        OWN,
    ),
    "key": FieldWords(n_("Code")),
    "value": FieldWords(n_("Name")),
    "institution_rates.key": FieldWords(n_("Grade of the agency")),
    "institution_rates.value": FieldWords(n_("Rate")),
    "minimum_days": FieldWords(n_("Fewest days worked"), n_("Whoever worked fewer is not graded."), CS26),
    "pay": FieldWords(n_("Performance pay")),
    "institution_grade": FieldWords(n_("The agency's own grade"), "", B26),
    "institution_rates": FieldWords(n_("What each grade of the agency pays"), n_("In percent."), B26),
    "pool": FieldWords(n_("The most that is paid together"), n_("In won; empty for no limit."), OWN),
    "promotion": FieldWords(n_("Promotion points")),
    "years": FieldWords(n_("Results that are averaged"), n_("That of the cycle is one of them."), CS26),
    "performance_share": FieldWords(n_("Share of the mean score"), n_("In percent."), CS26),
    "career_per_year": FieldWords(n_("Points for each full year of service"), "", CS26),
    "career_max": FieldWords(n_("Most points for years of service"), "", CS26),
    "bonus_max": FieldWords(n_("Most bonus points"), "", CS26),
    "grounds": FieldWords(
        n_("What bonus points are granted for"), n_("Codes; empty for whatever is written where they are granted."), OWN
    ),
    "blocks": FieldWords(
        n_("Months without promotion after a disciplinary measure"), n_("From the day on which it was decided."), CS26
    ),
    "demotion": FieldWords(n_("Demotion")),
    "suspension": FieldWords(n_("Suspension")),
    "pay_cut": FieldWords(n_("Pay cut")),
    "reprimand": FieldWords(n_("Reprimand")),
    "grave": FieldWords(n_("More where it is grave")),
    "feeds": FieldWords(n_("Feeds"), n_("When a file that a feed brings waits for HR.")),
    "changed_pct": FieldWords(n_("Most rows changed"), n_("In percent."), OWN),
    "removed": FieldWords(n_("Most rows removed"), "", OWN),
    "late_hours": FieldWords(n_("Hours without a feed before HR is told"), "", OWN),
    "ratings": FieldWords(n_("Raters")),
    "ratings.minimum": FieldWords(
        n_("Fewest raters"), n_("A line that fewer have rated in the application cannot be measured."), OWN
    ),
    "calibration": FieldWords(n_("Calibration"), n_("What moves of proposed grades must keep.")),
    "hold_seats": FieldWords(
        n_("Seats are held"), n_("A group has as many people of each grade after a move as before."), OWN
    ),
    "max_steps": FieldWords(n_("Most grades that somebody is moved by"), n_("From the proposed grade."), OWN),
    "objections": FieldWords(n_("Objections")),
    "days": FieldWords(n_("Days to object"), n_("From the day after one was told the result."), OWN),
    "answer_days": FieldWords(n_("Days to answer"), n_("Without an answer it goes to the committee."), OWN),
    "appeal_days": FieldWords(n_("Days to appeal"), n_("From the answer on."), OWN),
    "committee": FieldWords(n_("Fewest members of the committee"), "", OWN),
    "review": FieldWords(n_("Review by the head")),
    "minimum_text": FieldWords(n_("Fewest characters of a review"), "", OWN),
    "unique_weight_max": FieldWords(
        n_("Most weight of what stands alone"),
        n_("What the lines of one scorecard that hang on no other should weigh together; more is warned of."),
        OWN,
    ),
    "legal_forms": FieldWords(
        n_("Legal forms"),
        n_(
            "Words that are taken off the end of a name before buyers and companies are compared. Another list derives all activities anew."
        ),
        OWN,
    ),
    "en": KPI["en"],
    "ko": KPI["ko"],
    "es": KPI["es"],
}

_WORDS: Final[Mapping[str, Mapping[str, FieldWords]]] = {"kpi": KPI, "goals": GOALS, "policies": POLICIES}

CHOICES: Final[Mapping[str, Mapping[str, str]]] = {
    "class": {
        "main": n_("main business: the base value ± 2σ, or a fifth above and below it"),
        "management": n_("management: the base value + 1σ and − 2σ, or a tenth above and a fifth below it"),
    },
    "direction": {"up": n_("higher is better"), "down": n_("lower is better")},
    "aggregate": {
        "count": n_("their number, by shares"),
        "sum": n_("the sum of their amounts"),
        "distinct": n_("how many different ones"),
        "mean": n_("the mean of their amounts"),
        "ratio": n_("one figure divided by another"),
        "given": n_("a figure that somebody reports"),
        "rating": n_("the mean of the raters' grades"),
    },
    "activity": TYPES,
    "of": {"amount_usd": n_("amounts in US dollars"), "buyer": n_("buyers"), "company": n_("companies")},
    "counts_from": COUNTS_FROM,
    "name": METHODS,
    "every": {"month": n_("month"), "quarter": n_("quarter"), "half": n_("half-year"), "year": n_("year")},
    "perspective": PERSPECTIVES,
}
"""What the choices of a member are called."""


def words_of(kind: str, path: tuple[str, ...]) -> FieldWords:
    """The words of a member: its own, or those of every member of that name.

    Args:
        kind: ``kpi``, ``goals`` or ``policies``.
        path: the members that lead to it, without places in lists.

    Raises:
        KeyError: it has none.
    """
    words = _WORDS[kind]
    return words.get(".".join(path[-2:])) or words[path[-1]]


def choice_words(member: str, choice: str) -> str:
    """What a choice is called, in English.

    Raises:
        KeyError: it has no words.
    """
    return CHOICES[member][choice]
