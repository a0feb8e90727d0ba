"""The board book on a running server: asked for on a page, made beside it or by a worker, and equal to the API and to the second calculation."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import io
import re
from fractions import Fraction

import pytest
from pypdf import PdfReader

from tests.contract.desk import ALBA, DANA, FERRAN, Setting
from tests.contract.test_certifying import ingest
from tests.reference.agency import ReferenceAgency
from tests.reference.folder import read_folder
from tests.scenario import event_of

AGENCY = """
unit HQ agency
  unit EUR regional_hq
    unit VIE office
    unit PAR office
  unit ASI regional_hq
    unit TYO office
employee E1 VIE staff
employee E2 VIE head
employee E3 TYO staff
employee E4 EUR head
employee E5 HQ head
employee E6 VIE staff
employee E7 PAR staff
"""
NOW, LATER = "2026-06-30T12:00:00+00:00", "2026-06-30T12:20:00+00:00"
TODAY = dt.date(2026, 6, 30)
AUDITOR = ("emil", "--role", "auditor")
SETTING = Setting(agency=AGENCY, people=(DANA, FERRAN, ALBA, AUDITOR), now=NOW)
EVENTS = [
    *(f"2026-03-{day:02} deal D-{day} E1 {day}000 EUR of Meyer{day}/AT" for day in range(2, 8)),
    *(f"2026-03-{day:02} verified D-{day} by E9" for day in range(2, 8)),
    *(f"2026-04-{day:02} consult C-{day} E3 of Sato{day}/JP" for day in range(1, 5)),
    *(f"2026-04-{day:02} consult P-{day} E7 of Roux{day}/FR" for day in range(1, 4)),
]
ASK = {"kind": "board_book", "cycle": "2026", "basis": "final", "language": "en"}
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
SUM = re.compile(r"SHA-256 ([0-9a-f]{64})")
SCORES = ("final_score", "projected_score")
BANDS = {"S": 90, "A": 80, "B": 70, "C": 60, "D": 50, "E": 0}


@pytest.fixture
def desk(desks, engine, tmp_path):
    """An executive, hr and an auditor without numbers, and an employee, at noon on 30 June 2026."""
    with desks.copy(engine, SETTING, tmp_path) as made:
        ingest(made, [event_of(line) for line in EVENTS])
        yield made


def post(client, address, **form):
    """A page's form, with the token that its pages have."""
    tokens = [one for page in ("/my/files", "/password") for one in TOKEN.findall(client.get(page).text)]
    return client.post(address, data={"csrf_token": tokens[0], **form})


def downloads(client):
    """Where the files that are whole are downloaded, the newest first."""
    return re.findall(r'action="(/my/files/\d+/download)"', client.get("/my/files?part=1").text)


def digest_of(content):
    """The sum of what was sent, as RFC 9530 writes it."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"


def text_of(content):
    """The text of a PDF, each run of spaces one."""
    return " ".join("\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


def shown(value):
    """A score as it is published."""
    return "–" if value is None else f"{round(Fraction(value), 2).__float__():.2f}"


def band_of(score):
    """The band of a published score."""
    return next(letter for letter, least in BANDS.items() if round(Fraction(score), 2) >= least)


def test_the_book_says_what_api_and_second_calculation_say(desk, tmp_path, eventually):
    """Made beside the server where no worker is, by a worker else; its figures are of one moment, and the same in whatever language."""
    ferran = desk.person("ferran")
    assert "Board book (PDF)" in ferran.get("/agency").text
    assert post(ferran, "/my/files", **ASK).status_code == 303
    (address,) = eventually(lambda: downloads(ferran), seconds=60)
    answer = post(ferran, address)
    assert answer.headers["Repr-Digest"] == digest_of(answer.content)
    book = PdfReader(io.BytesIO(answer.content))
    text = text_of(answer.content)

    # Title, contents and bookmarks: each chapter stands on the page that the contents tell.
    chapters = re.findall(r"\d ([A-Z][^.\d]+?) ?\.{5,} (\d+)", text)
    assert len(chapters) == 9
    for name, page in chapters:
        assert book.pages[int(page) - 1].extract_text().startswith(name)
    titles = [one["/Title"] for one in book.outline if not isinstance(one, list)]
    assert [name for name, _ in chapters] == titles[2:]
    root = book.root_object
    assert (str(root["/MarkInfo"]), str(root["/Lang"])) == ("{'/Marked': True}", "en")

    reference = ReferenceAgency(read_folder(tmp_path / "agency", tmp_path / "definitions"), events_of())
    cards = {card["node"]: card for card in reference.scores(2026, today=TODAY)}
    ranked = sorted(("unit:EUR", "unit:ASI"), key=lambda node: (-round(cards[node]["projected_score"], 2), node))
    for place, node in enumerate(ranked, 1):
        card = cards[node]
        code, so_far, ahead = node.partition(":")[2], card["final_score"], card["projected_score"]
        assert f"{place} {code} {shown(so_far)} {shown(ahead)} {band_of(ahead)}" in text
    for node in ("unit:VIE", "unit:PAR", "unit:TYO"):
        card = cards[node]
        region = "ASI" if node == "unit:TYO" else "EUR"
        row = f"{node[5:]} {region} {shown(card['final_score'])} {shown(card['projected_score'])}"
        assert row in text, row

    # The agency's lines, in their order, as the API has them.
    told = ferran.get("/api/v1/scorecards/unit:HQ?cycle=2026").json()
    lines = {line["kpi"]: line for line in cards["unit:HQ"]["lines"]}
    rows = []
    for line in told["lines"]:
        assert shown(lines[line["kpi"]]["score"]) == shown(line["score"])
        rows.append(f"{shown(line['score'])} {shown(line['points'])} {shown(line['projected_score'])}")
    assert len(rows) == len(lines)
    assert [row for row in rows if row not in text] == []

    # All people, none of them named, none alone.
    employees = sum(node.startswith("employee:") for node in cards)
    spread = " ".join(book.pages[int(dict(chapters)["How people's scores are spread"]) - 1].extract_text().split())
    counts = [int(one) for one in re.findall(r"(?:\b[SABCDE]|band) (\d+)", spread.partition(" All ")[0])]
    assert (sum(counts), all(one == 0 or one >= 5 for one in counts)) == (employees, True)
    assert not re.search(r"\bE[1-7]\b", text)

    # Business figures, as the API has them and as the events add up.
    items = {one["node"]: one for one in ferran.get("/api/v1/business/unit:HQ?cycle=2026").json()["items"]}
    for node, deals, consults in (("unit:HQ", "6", "7"), ("unit:EUR", "6", "3"), ("unit:ASI", "0", "4")):
        assert (items[node]["deals"]["entered"], items[node]["consults"]["entered"]) == (deals, consults)
        assert f"{node[5:]} {deals} {deals}" in text
        assert f"{node[5:]} {consults} 0" in text

    in_other_languages(desk, cards, text)


def in_other_languages(desk, cards, text):
    """The same moment's figures, made by a worker for somebody else: other books with the same sum, and each unit's score in them."""
    dana = desk.person("dana")
    assert post(dana, "/my/files", **ASK, as_of="2026-06-30").status_code == 303
    for language in ("ko", "es"):
        assert post(dana, "/my/files", **ASK | {"language": language}).status_code == 303
    desk.kopes("worker", "--once", "files", **desk.where | {"KOPES_NOW": LATER})
    addresses = downloads(dana)
    assert len(addresses) == 3
    assert not set(addresses) & set(downloads(desk.person("emil")))
    for address, title, point in zip(addresses, ("Informe para el consejo", "이사회 보고서"), (",", "."), strict=False):
        other = text_of(post(dana, address).content)
        assert set(SUM.findall(other)) == set(SUM.findall(text)), title
        assert title in other
        for node in ("unit:VIE", "unit:PAR", "unit:TYO"):
            so_far, ahead = (shown(cards[node][name]).replace(".", point) for name in SCORES)
            assert f"{so_far} {ahead}" in other, (title, node)
    assert post(desk.person("emil"), addresses[0]).status_code == 404


def events_of():
    """The events as programs send them."""
    return [event_of(line) for line in EVENTS]
