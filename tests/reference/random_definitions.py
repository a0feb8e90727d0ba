"""Random KPI definitions: every method over several measures, some with versions.

A version that changes the method changes which columns a scorecard's row may carry. Rows are made
after the definitions, never before.
"""

from __future__ import annotations

import random
from typing import Any

GOALS = {
    "goals": [
        {
            "code": "exports_grow",
            "name": {"en": "Exports grow", "ko": "수출 증가", "es": "Crecen las exportaciones"},
            "perspective": "customer",
            "tasks": [
                {"code": "promote", "name": {"en": "Promote", "ko": "촉진", "es": "Promover"}},
                {"code": "serve", "name": {"en": "Serve", "ko": "지원", "es": "Servir"}},
            ],
        }
    ]
}

COUNTRIES = ["AT", "DE", "US", "JP", "VN", "NO", "CL", "KE"]
HS_CODES = ["8509", "850910", "901890", "33", "330499", "0302"]


def random_definitions(rng: random.Random, cycle: int) -> dict[str, dict[str, Any]]:
    """By code: three KPIs of each method, the qualitative one apart."""
    found: dict[str, dict[str, Any]] = {}
    for method in ("deviation", "ratio", "target", "milestone", "trend", "beta", "midterm"):
        for n in range(4 if method in {"deviation", "ratio"} else 3):
            found[f"{method}_{n}"] = _definition(rng, f"{method}_{n}", method, cycle)
    found["quality"] = _definition(rng, "quality", "qualitative", cycle)
    return found


def _definition(rng: random.Random, code: str, method: str, cycle: int) -> dict[str, Any]:
    measure: dict[str, Any]
    if method == "qualitative":
        measure = {"aggregate": "rating"}
    elif method in {"milestone", "midterm"} and rng.random() < 0.7:
        measure = {"aggregate": "given"}
    else:
        measure = random_measure(rng)
    direction = "up" if method == "qualitative" else rng.choice(["up", "up", "down"])
    definition: dict[str, Any] = {
        "code": code,
        "name": {"en": f"Figure {code}", "ko": f"지표 {code}", "es": f"Cifra {code}"},
        "goal": rng.choice(["promote", "serve"]),
        "class": rng.choice(["main", "management"]),
        "direction": direction,
        "unit": rng.choice(["USD", "count", "%"]),
        "measure": measure,
        "counts_from": rng.choice(["entered", "verified", "confirmed"]),
        "method": random_method(rng, method, direction, cycle),
    }
    versions = _versions(rng, method, direction, measure, cycle)
    if versions:
        definition["versions"] = versions
    return definition


def _versions(
    rng: random.Random, method: str, direction: str, measure: dict[str, Any], cycle: int
) -> list[dict[str, Any]]:
    """None, one or two later texts; a qualitative KPI keeps its measure and method."""
    years = rng.choice([[]] * 5 + [[cycle - 1], [cycle], [cycle], [cycle - 1, cycle], [cycle + 1], [cycle, cycle + 2]])
    versions = []
    for year in years:
        version: dict[str, Any] = {"from": year}
        if rng.random() < 0.5:
            version["counts_from"] = rng.choice(["entered", "verified", "confirmed"])
        if rng.random() < 0.4:
            version["class"] = rng.choice(["main", "management"])
        if method != "qualitative" and rng.random() < 0.5:
            name = rng.choice(["deviation", "ratio", "target", "trend", "beta", "milestone", "midterm"])
            version["method"] = random_method(rng, name, direction, cycle)
        if method != "qualitative" and measure["aggregate"] != "given" and rng.random() < 0.3:
            version["measure"] = random_measure(rng)
        if len(version) == 1:
            version["class"] = "main"
        versions.append(version)
    return versions


def random_method(rng: random.Random, name: str, direction: str, cycle: int) -> dict[str, Any]:
    """A method with its parameters."""
    method: dict[str, Any] = {"name": name}
    far, near = (90, 40) if direction == "up" else (10, 60)
    if rng.random() < 0.05:
        far = near
    match name:
        case "deviation" | "ratio":
            bounds = {"min": 0, "max": rng.choice([100, 12.5, 3])}
            kept = rng.choice([[]] * 4 + [["min"], ["max"], ["min", "max"]])
            if kept:
                method["bounds"] = {side: bounds[side] for side in kept}
        case "milestone":
            years = sorted(rng.sample(range(cycle - 3, cycle + 4), rng.choice([1, 2, 3])))
            method["targets"] = {year: rng.choice([3, 5.5, 20, 45]) for year in years}
        case "midterm":
            start = rng.choice([cycle - 4, cycle - 3, cycle - 2, cycle - 1, cycle - 1, cycle])
            method["start"] = {"year": start, "value": near}
            method["goal"] = {"year": rng.choice([start + 1, start + 3, start + 5]), "value": far + 0.5}
    return method


def random_measure(rng: random.Random) -> dict[str, Any]:
    """What is counted, over activities or by hand."""
    kind = rng.choice(["count", "count", "sum", "sum", "distinct", "distinct", "mean", "ratio", "given"])
    activity = rng.choice(["export_deal", "export_deal", "export_consult", "new_buyer"])
    match kind:
        case "count":
            return _where(rng, {"activity": activity, "aggregate": "count"})
        case "distinct":
            return _where(rng, {"activity": activity, "aggregate": "distinct", "of": rng.choice(["buyer", "company"])})
        case "sum" | "mean":
            activity = rng.choice(["export_deal", "export_consult"])
            return _where(rng, {"activity": activity, "aggregate": kind, "of": "amount_usd"})
        case "ratio":
            below = rng.choice(["count", "distinct"])
            denominator = {"activity": "export_consult", "aggregate": below} | (
                {"of": "buyer"} if below != "count" else {}
            )
            above = {"activity": "export_deal", "aggregate": rng.choice(["count", "sum", "mean"])}
            numerator = above | ({"of": "amount_usd"} if above["aggregate"] != "count" else {})
            return {"aggregate": "ratio", "numerator": _where(rng, numerator), "denominator": _where(rng, denominator)}
    return {"aggregate": "given"}


def _where(rng: random.Random, measure: dict[str, Any]) -> dict[str, Any]:
    where: dict[str, list[str]] = {}
    if rng.random() < 0.3:
        where["country"] = rng.sample(COUNTRIES, rng.randint(2, 6))
    if measure["activity"] == "export_deal" and rng.random() < 0.3:
        where["hs_code"] = rng.sample(["85", "8509", "9018", "3304", "03"], rng.randint(1, 3))
    return measure | ({"where": where} if where else {})
