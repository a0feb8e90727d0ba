"""A small agency as a folder, line by line, so that a test can change one line and say what comes of it.

unit HQ agency
  unit EUR regional_hq
    unit VIE office, below ASI from 2026-07-01 on
    unit PAR office
  unit ASI regional_hq
employee E1 VIE staff, until 2026-03-31; PAR staff since
employee E2 VIE head
employee E3 HQ manager
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from app.plain.findings import Level
from app.rules.definitions import Definitions, Document, read

__all__ = ["AT", "SMALL", "definitions", "write"]

AT: Final = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)

SMALL: Final[Mapping[str, tuple[str, ...]]] = {
    "units": (
        "code,name,kind,parent,country,timezone,evaluation_group,valid_from,valid_to",
        "HQ,Agency,agency,,KR,Asia/Seoul,,2000-01-01,",
        "EUR,Europe,regional_hq,HQ,DE,Europe/Berlin,europe,2000-01-01,",
        "ASI,Asia,regional_hq,HQ,JP,Asia/Tokyo,,2000-01-01,",
        "VIE,Vienna,office,EUR,AT,Europe/Vienna,,2000-01-01,2026-07-01",
        "VIE,Vienna,office,ASI,AT,Europe/Vienna,,2026-07-01,",
        "PAR,Paris,office,EUR,FR,Europe/Paris,,2010-01-01,2027-01-01",
    ),
    "employees": (
        "number,name,email,rank,job,monthly_base,hired_on,left_on",
        "E1,Alba,alba@agency.example,G5,staff,3000000,2015-01-01,",
        "E2,Boram,boram@agency.example,G3,head,5000000,2010-01-01,",
        "E3,Chae,chae@agency.example,G4,manager,4000000,2012-01-01,2026-10-01",
    ),
    "postings": (
        "employee,unit,role,from,to",
        "E1,VIE,staff,2015-01-01,2026-04-01",
        "E1,PAR,staff,2026-04-01,2027-01-01",
        "E2,VIE,head,2010-01-01,",
        "E3,HQ,manager,2012-01-01,2026-10-01",
    ),
    "rates": (
        "month,currency,usd",
        "2026-01,EUR,1.05",
        "2026-03,EUR,1.1",
        "2026-01,JPY,0.0065",
    ),
    "history": (
        "node,kpi,year,actual",
        "unit:VIE,deals,2025,130",
        "unit:VIE,deals,2024,115",
        "unit:VIE,deals,2023,120",
        "unit:VIE,deals,2022,110",
        "unit:VIE,deals,2021,1000",
        "employee:E1,deals,2025,12.5",
    ),
    "employment": (
        "employee,from,to,job,rank,monthly_base",
        "E3,2012-01-01,2016-01-01,staff,G6,",
        "E3,2016-01-01,2020-01-01,,G5,3200000",
    ),
    "scorecards": (
        "cycle,node,kpi,weight,area,link,parent_node,parent_kpi,base,high,low,target,coefficient",
        "2026,unit:HQ,deals,60,,contributory,,,,200,100,,",
        "2026,unit:HQ,cost,40,,unique,,,,50,90,,1.1",
        "2026,unit:VIE,deals,50,,identical,unit:HQ,deals,120,,,,",
        "2026,unit:VIE,visits,30,,unique,,,,,,,",
        "2026,unit:VIE,adopted,20,Programmes,contributory,unit:HQ,cost,,,,4,",
        "2026,employee:E1,deals,70,,shared,unit:VIE,deals,,,,,",
        "2026,employee:E1,turned,30,,unique,,,1,,,2,",
        "2027,employee:E1,turned,100,,contributory,,,,,,3,",
    ),
    "ratings": (
        "cycle,node,kpi,rater,grade",
        "2026,unit:HQ,quality,R1,A0",
        "2026,unit:HQ,quality,R2,C",
    ),
    "status": (
        "employee,cycle,kind,from,to,note",
        "E1,2026,leave,2026-02-01,2026-03-01,",
        "E2,2026,discipline,,,a notice",
    ),
    "results": (
        "cycle,employee,final_score,grade",
        "2025,E1,78.12,B",
        "2024,E1,44.84,D",
    ),
    "exclusions": (
        "cycle,node,kpi,year,reason",
        "2026,unit:VIE,deals,2021,a fair that was held once",
    ),
    "plan": (
        "kpi,node,month,share",
        *(f"deals,,{month},{8 if month <= 10 else 10}" for month in range(1, 13)),
        *(f"deals,unit:VIE,{month},{0 if month > 2 else 50}" for month in range(1, 13)),
    ),
    "market": (
        "unit,kpi,year,potential",
        "VIE,,2025,1200.5",
        "VIE,deals,2026,40",
    ),
    "discipline": (
        "employee,kind,grave,decided_on,lifted_on",
        "E1,reprimand,,2024-05-03,2024-09-01",
        "E3,pay_cut,yes,2025-11-20,",
    ),
}
"""The lines of each file; line 1 is the header."""


def definitions(**policies: object) -> Definitions:
    """The KPIs of the small agency, one a method; ``turned`` changes from ``ratio`` to ``target`` in 2026."""
    name = {"en": "A name"}
    given = {"name": name, "goal": "grow", "class": "main", "unit": "count", "counts_from": "entered"}
    deals = {"activity": "export_deal", "aggregate": "count"}
    kpis: dict[str, dict[str, object]] = {
        "deals": {"direction": "up", "measure": deals, "method": {"name": "deviation"}},
        "cost": {"direction": "down", "measure": {"aggregate": "given"}, "method": {"name": "ratio"}},
        "quality": {"direction": "up", "measure": {"aggregate": "rating"}, "method": {"name": "qualitative"}},
        "adopted": {
            "direction": "up",
            "measure": {"aggregate": "given"},
            "method": {"name": "milestone", "targets": {"2024": 3, "2028": 5}},
        },
        "visits": {
            "direction": "up",
            "measure": {"aggregate": "given"},
            "method": {"name": "trend"},
        },
        "turned": {
            "direction": "up",
            "measure": {"aggregate": "given"},
            "method": {"name": "ratio"},
            "versions": [{"from": 2026, "method": {"name": "target"}}],
        },
    }
    task = {"code": "grow", "name": name}
    goals = {"goals": [{"code": "exports", "name": name, "perspective": "customer", "tasks": [task]}]}
    documents = [
        Document(content=goals, kind="goals"),
        Document(content=policies, kind="policies"),
        *(Document(content={"code": code, **given, **kpi}, kind="kpi") for code, kpi in kpis.items()),
    ]
    found, findings = read(documents)
    errors = [str(finding) for finding in findings if finding.level is Level.ERROR]
    assert not errors, errors
    return found


def write(folder: Path, files: Mapping[str, object] = SMALL) -> Path:
    """Write files (lines, or bytes as they are) into a folder of the name ``agency`` and return it."""
    agency = folder / "agency"
    agency.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = agency / f"{name}.csv"
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, list | tuple):
            path.write_text("".join(f"{line}\n" for line in content), encoding="utf-8")
    return agency
