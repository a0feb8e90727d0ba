"""People are paid by a locked cycle on a running server: runs, what is given back, the file for payroll (contract-cycle, 8).

Every amount is worked out a second time here, from the folder and from grades alone.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import python_calamine
from pypdf import PdfReader

from tests.contract.cycle_books import the_books_of_a_cycle
from tests.contract.desk import code
from tests.contract.every_door import by_every_door
from tests.contract.test_calibrating import grades
from tests.contract.test_cycles import agree, appoint, blockers, propose
from tests.contract.test_held_to import is_found_by_nobody_else
from tests.contract.test_locking import OVER, later
from tests.contract.test_locking import desk as notified
from tests.contract.test_notifying import post, words
from tests.contract.test_objections import proposed

__all__ = ["notified"]

RATES = {"S": 100, "A": 80, "B": 60}
"""What the agency's own grades pay, in percent."""
GIVES_BACK = "E3"
COLUMNS = [
    "employee",
    "grade",
    "monthly_base",
    "grade_rate",
    "days",
    "cycle_days",
    "exact",
    "amount",
    "before",
    "difference",
    "kind",
]


def exact_amounts(desk, rows, institution):
    """Base × the agency's rate × the grade's × days ÷ days of the cycle, of everyone who is graded."""
    with (desk.folder / "employees.csv").open(encoding="utf-8", newline="") as file:
        bases = {row["number"]: int(row["monthly_base"]) for row in csv.DictReader(file)}
    percent = Fraction(RATES[institution], 100)
    return {
        number: bases[number] * percent * Fraction(str(row["rate"])) / 100 * row["days"] / 365
        for number, row in rows.items()
        if row["grade"]
    }


def shared_out(exact, pool):
    """Won of each: all of them the pool, the won left over by the largest fractions."""
    whole = sum(exact.values())
    scaled = {number: amount * pool / whole for number, amount in exact.items()}
    won = {number: int(amount) for number, amount in scaled.items()}
    for number in sorted(won, key=lambda one: (won[one] - scaled[one], one))[: pool - sum(won.values())]:
        won[number] += 1
    return won


def told(desk, run, name="pay"):
    """A run as somebody is told it, and its items' amounts, differences and kinds."""
    answer = desk.person(name).get(f"/api/v1/cycles/2026/pay-runs/{run}")
    assert answer.status_code == 200, answer.text
    items = {one["employee"]: one for one in answer.json()["items"]}
    return answer.json(), {number: (one["amount"], one["difference"], one["kind"]) for number, one in items.items()}


def export(desk, run, name="pay", **more):
    body = {"format": "csv", "reason": "For the pay of March."} | more
    return desk.person(name).post(f"/api/v1/cycles/2026/pay-runs/{run}/export", json=body)


def institution(desk, grade, pool):
    """The ministry's result, by hr and an executive."""
    made = propose(desk, "dana", "institution", {"grade": grade, "pool": pool, "document": "MOTIE 2027-114"})
    assert code(agree(desk, "late", made)) == (409, "role")
    done = agree(desk, "ferran", made)
    assert done.status_code == 200, done.text


def approved_run(desk, number):
    """A run, by hr and an approver."""
    done = agree(desk, "late", propose(desk, "dana", "pay_run", {"run": number}))
    assert done.status_code == 200, done.text
    return done.json()


def test_people_are_paid_by_what_was_locked(notified, desks, tmp_path):
    """One run after another: under the pool, with somebody's pay given back, by another grade of the agency; then the cycle is paid."""
    with later(desks, notified, OVER) as desk:
        desk.people["ferran"] = desk.person("fe", "--role", "executive")
        desk.person("pay", "--role", "member")
        appoint(desk, "pay@agency.example", "payroll")
        assert code(propose(desk, "dana", "pay_run", {"run": 1})) == (409, "not_now")
        assert steps(desk, "dana") == steps(desk, "ferran") == ["Nothing is in the way of locking the cycle 2026"]
        assert agree(desk, "late", propose(desk, "dana", "lock", {})).status_code == 200
        assert steps(desk, "dana") == steps(desk, "ferran") == ["The ministry's result of 2026 is still to be entered"]
        rows = grades(desk)
        refusals(desk)
        exact = exact_amounts(desk, rows, "A")
        pool = int(sum(exact.values()) * Fraction(4, 5))
        institution(desk, "A", pool)
        assert steps(desk, "dana") == ["Pay run 1 of 2026 is to be proposed"]
        assert steps(desk, "ferran") == steps(desk, "late") == []
        first = shared_out(exact, pool)
        by_the_ministry(desk, first)
        first_run(desk, first, exact)
        given_back(desk, first, pool)
        anew(desk, rows)
        closes(desk)
        the_books_of_a_cycle(desk)
        by_every_door(desk, "E1", 3, tmp_path / "books")


def steps(desk, name):
    """What Home tells somebody to do next about the cycle; each leads to its form, or to the cycle's page where another has to."""
    page = desk.person(name).get("/").text
    some = re.findall(r'data-kind="cycle_step">.*?<a href="([^"]+)">([^<]+)</a>', page, re.DOTALL)
    for address, _ in some:
        page, _, anchor = address.partition("#")
        assert anchor == "" or f'id="{anchor}"' in desk.person(name).get(page).text, address
    return [said.strip().replace("&#39;", "'") for _, said in some]


def refusals(desk):
    """No run without the ministry's result; and what a result and a run cannot be."""
    assert code(propose(desk, "dana", "pay_run", {"run": 1})) == (409, "no_institution")
    for wrong, field in (
        ({"grade": "Z"}, "grade"),
        ({"pool": "7"}, "pool"),
        ({"pool": -1}, "pool"),
        ({"document": " "}, "document"),
        ({"more": 1}, "more"),
    ):
        content = {"grade": "A", "pool": 7, "document": "MOTIE"} | wrong
        answer = propose(desk, "dana", "institution", content)
        assert answer.json()["errors"][0]["pointer"] == f"/content/{field}", answer.text
    assert code(propose(desk, "late", "institution", {"grade": "A", "pool": 7, "document": "M"})) == (409, "role")


def by_the_ministry(desk, first):
    """From the ministry's result on what grades come to goes by it on every page and in files, and no longer by the policy's own; of a locked cycle none is a proposal."""
    assert {number: row["pay"] for number, row in grades(desk).items() if row["grade"]} == first
    page = words(desk.person("dana").get("/grades/employee:E1?cycle=2026"))
    assert "The agency's own grade is A, by the ministry's result, which took the place of the policy's B" in page
    assert f"Paid in whole won: ₩{first['E1']:,}" in page
    assert "80 % of the agency's own grade A" in page
    assert "Grades of the cycle 2026, which is locked: only opening it again changes them." in page
    assert "decides nothing" not in page
    whole = words(desk.person("dana").get("/grades?cycle=2026"))
    assert f"Pay in all: ₩{sum(first.values()):,}" in whole
    live = words(desk.person("dana").get("/grades/employee:E1?cycle=2026&live=1"))
    assert "60 % of the agency's own grade B" in live


def first_run(desk, first, exact):
    """As proposed it is seen and no file of it given; agreed to, its file goes to payroll alone."""
    answer = propose(desk, "dana", "pay_run", {"run": 2})
    assert answer.json()["errors"][0]["pointer"] == "/content/run"
    made = propose(desk, "dana", "pay_run", {"run": 1})
    assert code(propose(desk, "dana", "pay_run", {"run": 1})) == (409, "run_open")
    assert steps(desk, "dana") == []
    assert "Pay run 1 of the cycle 2026" in words(desk.person("late").get("/"))
    assert told(desk, 1)[0]["state"] == "proposed"
    assert code(export(desk, 1)) == (409, "not_approved")
    effects = desk.person("late").get(made.json()["effects"]["items"]).json()["items"]
    assert {one["node"].split(":")[1]: (one["member"], one["after"]) for one in effects} == {
        number: ("pay", amount) for number, amount in first.items()
    }
    assert code(agree(desk, "dana", made)) == (409, "same_person")
    assert agree(desk, "late", made).status_code == 200
    run, items = told(desk, 1)
    assert items == {number: (amount, amount, "pay") for number, amount in first.items()}
    assert (run["state"], run["sum"], run["pool"]) == ("approved", sum(first.values()), sum(first.values()))
    assert Fraction(run["factor"]).limit_denominator(10**9) == (run["pool"] / sum(exact.values())).limit_denominator(
        10**9
    )
    assert {one["employee"]: Fraction(one["exact"]) for one in run["items"]} == {
        number: Fraction(round(amount * 10**6), 10**6) for number, amount in exact.items()
    }
    for name, status in (("dana", 200), ("late", 200), ("fe", 404), ("outsider", 404)):
        assert desk.person(name, "--role", "member").get("/api/v1/cycles/2026/pay-runs/1").status_code == status, name
    assert [one[0] for one in blockers(paid(desk))] == ["not_exported"]
    assert "is not agreed to and handed to payroll" in words(desk.person("dana").get("/cycles/2026"))
    assert (steps(desk, "pay"), steps(desk, "dana")) == (["The file of pay run 1 of 2026 is to be taken"], [])
    file_of(desk, run)
    in_all(desk, first)


def in_all(desk, told_of, later=""):
    """An executive reads sums alone, from the cycle's page; of few people none, and of a run that pays few another amount none either. A file has the same."""
    address, fe = "/cycles/2026/pay/totals", desk.person("fe")
    assert f'href="{address}"' in fe.get("/cycles/2026").text
    assert fe.get("/cycles/2026/pay").status_code == 404
    page = fe.get(address)
    said = words(page)
    assert f"₩{sum(told_of.values()):,}" in said
    assert later in said
    assert not any(f"₩{amount:,}" in said for amount in told_of.values() if amount)
    rows = list(csv.reader(io.StringIO(fe.get(f"{address}/file").text.removeprefix("\ufeff"))))
    of = {by: [row for row in rows if row[0] == by] for by in ("Grade", "Region", "Office")}
    for by, some in of.items():
        assert sum(int(row[4]) for row in some) == sum(told_of.values()), by
        assert all(int(row[3]) >= 5 or row[4] == "0" for row in some), by
    for name in ("outsider", "e1"):
        assert {desk.person(name).get(one).status_code for one in (address, f"{address}/file")} == {404}


def paid(desk, by="pay", **more):
    return propose(desk, by, "stage", {"to": "paid", "paid_on": "2027-03-25"} | more)


def file_of(desk, run):
    """The file has the items, and its sum; the workbook by what they came about."""
    assert code(export(desk, 1, name="dana")) == (409, "role")
    assert code(export(desk, 1, reason=" ")) == (422, "invalid")
    assert desk.person("pay").get("/api/v1/cycles/2026/pay-runs/9").status_code == 404
    file = export(desk, 1)
    assert file.status_code == 200, file.text
    digest = base64.b64encode(hashlib.sha256(file.content).digest()).decode()
    assert file.headers["Repr-Digest"] == f"sha-256=:{digest}:"
    rows = list(csv.DictReader(io.StringIO(file.text.removeprefix("\ufeff"))))[:-1]
    assert list(rows[0]) == COLUMNS
    assert [{name: str(one[name]) for name in COLUMNS} for one in run["items"]] == rows
    book = python_calamine.load_workbook(io.BytesIO(export(desk, 1, format="xlsx").content))
    rules = {row[0]: row[1] for row in book.get_sheet_by_name("rules").to_python()}
    assert (rules["run_sha256"], rules["institution_grade"], rules["pool"]) == (run["sha256"], "A", run["pool"])
    assert {"share S", "rate S", "factor", "snapshot_sha256"} <= rules.keys()
    assert told(desk, 1)[0] == run | {"state": "exported"}
    assert steps(desk, "pay") == ["On which day 2026 was paid is still to be said"]
    assert 'href="/cycles/2026/pay#paid"' in desk.person("pay").get("/cycles/2026").text


def given_back(desk, first, pool):
    """By hr and an executive; from the next run on, and nobody gets what is freed."""
    ground = {"employee": GIVES_BACK, "ground": "False consults."}
    assert code(propose(desk, "dana", "clawback", {"employee": "E99", "ground": "x"})) == (422, "invalid")
    made = propose(desk, "dana", "clawback", ground)
    assert code(agree(desk, "late", made)) == (409, "role")
    assert agree(desk, "ferran", made).status_code == 200
    assert code(propose(desk, "dana", "clawback", ground)) == (409, "clawed_back")
    assert steps(desk, "dana") == ["Pay run 2 of 2026 is to be proposed"]
    approved_run(desk, 2)
    run, items = told(desk, 2)
    assert items == {number: (amount, 0, "none") for number, amount in first.items()} | {
        GIVES_BACK: (0, -first[GIVES_BACK], "recover")
    }
    assert run["sum"] == pool - first[GIVES_BACK]
    in_all(desk, first, later="There is 1 later run")
    exactly = words(desk.person("dana").get("/cycles/2026/pay/totals"))
    assert f"₩{run['sum']:,}" in exactly
    # A pool alone is a limit alone.
    institution(desk, "A", 1)
    assert code(propose(desk, "dana", "pay_run", {"run": 3})) == (409, "over_pool")


def anew(desk, rows):
    """By another grade of the agency everybody's is worked out anew; whose pay is given back stays in the sum."""
    before = {number: amount for number, (amount, _, _) in told(desk, 2)[1].items()}
    exact = exact_amounts(desk, rows, "S")
    pool = int(sum(exact.values()) * Fraction(9, 10))
    institution(desk, "S", pool)
    by_page(desk, 3)
    now = shared_out(exact, pool) | {GIVES_BACK: 0}
    kinds = {1: "supplement", 0: "none", -1: "recover"}
    expected = {
        number: (amount, amount - before[number], kinds[(amount > before[number]) - (amount < before[number])])
        for number, amount in now.items()
    }
    assert told(desk, 3)[1] == expected
    in_all(desk, now)
    listed_by_page(desk, expected)
    runs = [told(desk, number)[0] for number in (1, 2, 3)]
    assert sum(one["difference"] for run in runs for one in run["items"]) == runs[-1]["sum"]


def listed_by_page(desk, expected):
    """The list of a run is narrowed and sorted on the server, each amount with how it came about."""
    dana, address = desk.person("dana"), "/cycles/2026/pay"

    def people(**asked):
        return re.findall(r'<tr data-employee="([^"]+)"', dana.get(address, params=asked).text)

    assert set(people()) == set(expected)
    assert people(sort="amount", order="down") == sorted(expected, key=lambda one: (-expected[one][0], one))
    kinds = {kind for _, _, kind in expected.values()}
    assert {kind: set(people(kind=kind)) for kind in kinds} == {
        kind: {number for number, one in expected.items() if one[2] == kind} for kind in kinds
    }
    assert people(text=GIVES_BACK) == [GIVES_BACK]
    assert people(run=2, kind="recover") == [GIVES_BACK]
    assert "this pay is given back" in words(dana.get(address, params={"text": GIVES_BACK}))
    assert dana.get(address, params={"run": 9}).status_code == 404


def by_page(desk, run):
    """From the cycle's page hr goes to its pay and proposes the run that follows; what was typed comes back where it is refused."""
    dana, address = desk.person("dana"), "/cycles/2026/pay"
    assert f'href="{address}"' in dana.get("/cycles/2026").text
    assert desk.person("fe").get(address).status_code == 404
    form = {"run": run, "reason": "Late &"}
    short = post(dana, f"{address}/run", form, page=address)
    assert short.text.count("Late &amp;") == 1, short.text
    for page in (short, dana.get(address)):
        ids = re.findall(r' id="([^"]+)"', page.text)
        assert sorted(set(ids)) == sorted(ids), "each form has a reason of its own"
        assert page.text.count('name="reason"') == 3
    done = post(dana, f"{address}/run", form | {"reason": "The ministry has told another grade."}, page=address)
    assert done.status_code == 303, done.text
    assert f"Pay run {run} waits to be agreed to" in dana.get(address).text
    shown = desk.person("late").get(done.headers["Location"]).text
    assert f"Pay run {run} of the cycle 2026" in shown
    form = dict(re.findall(r'name="(csrf_token|digest)" value="([^"]+)"', shown))
    assert desk.person("late").post(f"{done.headers['Location']}/approve", data=form).status_code == 303
    page = words(desk.person("pay").get(address))
    assert "paid in addition" in page
    assert "not handed out yet" in page
    file = post(
        desk.person("pay"), f"{address}/file", {"run": run, "format": "csv", "reason": "For March."}, page=address
    )
    assert file.headers["Repr-Digest"].startswith("sha-256=:")


def closes(desk):
    """Payroll says when it was paid, once nobody objects any more; an approver agrees."""
    dana = desk.person("dana")
    assert code(paid(desk, by="dana")) == (409, "role")
    assert export(desk, 3).status_code == 200
    assert code(paid(desk, paid_on="soon")) == (422, "invalid")
    each_reads_their_own(desk, is_paid=False)
    objected_to(desk)
    made = paid(desk)
    assert steps(desk, "pay") == []
    done = agree(desk, "late", made)
    assert done.status_code == 200, done.text
    standing = dana.get("/api/v1/cycles/2026").json()
    assert (standing["stage"], standing["counts"]) == ("paid", {"paid": 8})
    each_reads_their_own(desk, is_paid=True)
    own_statement(desk)
    for name in ("outsider", "e8"):
        is_found_by_nobody_else(desk.person(name), "E2", "consults")
    assert desk.kopes("cycle", "verify", "2026", **desk.where).out.startswith("verified 2026 round 1 ")
    assert "All totals agree" in desk.kopes("reconcile", **desk.where).out
    assert json.loads(json.dumps(told(desk, 3)[0]))["state"] == "exported"


def own_statement(desk):
    """From one's own result, and for hr from the person's page, links lead to the statement, and a click to the document; nobody else finds it."""
    address = "/cycles/2026/people/E1/statement"
    owner, dana = desk.person("e1"), desk.person("dana")
    for page, reader in (("/my/result", owner), ("/cycles/2026/people/E1", dana)):
        assert f'href="{address}"' in reader.get(page).text, page
        shown = reader.get(address)
        assert f'href="{page.partition("?")[0]}' in shown.text
        assert f'href="{address}.pdf"' in shown.text
        paper = reader.get(f"{address}.pdf")
        assert (paper.headers["Content-Type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
        said = words(shown)
        for run in dana.get(f"/api/v1{address}").json()["runs"]:
            assert f"₩{run['amount']:,}" in said, run
            exact = format(Decimal(run["exact"].rstrip("0").rstrip(".")), ",f")
            assert f"of {run['cycle_days']} days = ₩{exact}." in said, run
    said = words(owner.get(address))
    kept = dana.get(f"/api/v1{address}").json()["runs"][1]
    assert f"None of these has changed since run 1, so the amount of then stays: ₩{kept['amount']:,}." in said
    snapshot = dana.get("/api/v1/cycles/2026/snapshot?round=1").json()
    assert snapshot["results_sha256"] in said
    assert {"S", "A"} <= set(re.findall(r"\b([A-Z]) \([0-9.]+ %\)", said))
    assert "not paid yet" not in said
    paper = owner.get(f"{address}.pdf").content
    on_paper = "".join(page.extract_text() for page in PdfReader(io.BytesIO(paper)).pages)
    assert snapshot["results_sha256"][:32] in on_paper
    assert "What it stands on" in on_paper
    can_be_read_on_any_screen(paper)
    payroll_finds_it(desk)
    a_run_says_what_it_hands_out_itself(desk)
    for name in ("outsider", "fe"):
        assert {desk.person(name).get(one).status_code for one in (address, f"{address}.pdf")} == {404}


def can_be_read_on_any_screen(paper):
    """Whatever stands on a sheet stands within its margins, in outlines of TrueType: of others some viewers draw the capital letters alone."""
    sheets = PdfReader(io.BytesIO(paper)).pages
    for sheet in sheets:
        begins: list[float] = []

        def see(text, user, matrix, *_, of=begins):
            if text.strip():
                of.append(matrix[4] * user[0] + user[4])

        sheet.extract_text(visitor_text=see)
        assert 0 < max(begins) < float(sheet.mediabox.width) - 45, "beyond the margin"
        fonts: Any = sheet["/Resources"]["/Font"]  # type: ignore[index]  # a dictionary, as every page's is
        kinds = {font.get_object()["/DescendantFonts"][0].get_object()["/Subtype"] for font in fonts.values()}
        assert kinds == {"/CIDFontType2"}


def a_run_says_what_it_hands_out_itself(desk):
    """Whoever is paid the difference gets no more than that: what all come to stands beside it, and is not to be paid again."""
    pay = desk.person("pay")
    for number in (1, 2, 3):
        run = pay.get(f"/api/v1/cycles/2026/pay-runs/{number}").json()
        differences = [one["difference"] for one in run["items"]]
        out, back = sum(one for one in differences if one > 0), -sum(one for one in differences if one < 0)
        page = pay.get("/cycles/2026/pay", params={"run": number}).text
        told = {name: words_of(page, name) for name in ("hands-out", "all-come-to")}
        assert told == {"hands-out": f"₩{out:,}", "all-come-to": f"₩{run['sum']:,}"}
        assert (f"₩{back:,}" in words(pay.get("/cycles/2026/pay", params={"run": number}))) or not back
        if run["pool"] is not None:
            assert words_of(page, "left-of-pool") == f"₩{run['pool'] - run['sum']:,}"
        # Whose statement they may not read is no link.
        assert "/statement" not in page
    assert "/cycles/2026/people/E1/statement" in desk.person("dana").get("/cycles/2026/pay").text


def words_of(page, name):
    """The figure of a tile."""
    tile = re.search(rf'id="{name}">.*?<span class="stat-value">([^<]*)<', page, re.DOTALL)
    return tile[1].strip() if tile else ""


def payroll_finds_it(desk):
    """From the cycles and by the search; a later run says what was decided since and whose grade is another; the file of any run; the trail by its name."""
    pay = desk.person("pay")
    assert 'href="/cycles/2026/pay"' in pay.get("/cycles").text
    assert 'href="/cycles/2026/pay"' in pay.get("/search", params={"q": "pay"}).text
    assert 'href="/cycles/2026/pay"' not in desk.person("e1").get("/search", params={"q": "pay"}).text
    page = pay.get("/cycles/2026/pay").text
    assert "Since run 2 was decided:" in page
    assert 'id="since"' in page
    assert "/cycles/2026/pay/file?run=1" in pay.get("/cycles/2026/pay?run=1").text
    refused = post(
        pay, "/cycles/2026/pay/file?run=1", {"run": 1, "format": "csv", "reason": ""}, page="/cycles/2026/pay?run=1"
    )
    assert refused.status_code == 422
    assert "The file of run 1" in refused.text
    trail = desk.person("emil", "--role", "auditor").get("/trail", params={"deed": "hand_out_pay_run"})
    assert "download the file of a pay run" in words(trail)
    assert "Pay run" in words(trail)
    assert ">pay_run<" not in trail.text


def each_reads_their_own(desk, *, is_paid):
    """From the approval of a run on, since they may object to it from then on: what each run says of them, as JSON and on paper; nobody else's."""
    runs = [told(desk, number)[0] for number in (1, 2, 3)]
    expected: list[dict] = []
    for number in ("E1", GIVES_BACK):
        own = desk.person(number.lower())
        address = f"/api/v1/cycles/2026/people/{number}/statement"
        expected = [next(one for one in run["items"] if one["employee"] == number) for run in runs]
        for name in (number.lower(), "dana", "late"):
            answer = desk.person(name).get(address)
            assert answer.status_code == 200, (name, answer.text)
            statement = answer.json()
            items = [{key: one[key] for key in expected[0]} for one in statement["runs"]]
            assert items == expected, name
            assert [one["run"] for one in statement["runs"]] == [1, 2, 3]
            assert statement["amount"] == expected[-1]["amount"]
            assert sum(one["difference"] for one in statement["runs"]) == statement["amount"]
        assert own.get(address.replace(number, "E2")).status_code == 404
        for name in ("fe", "outsider"):
            assert desk.person(name).get(address).status_code == 404, name
        paper = own.get(address, headers={"Accept": "application/pdf"})
        assert (paper.headers["Content-Type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
        text = " ".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(paper.content)).pages).split())
        for one in expected:
            for amount in (one["amount"], one["before"], one["difference"]):
                assert f"{abs(amount):,}" in text, (number, amount, text)
        page = words(own.get("/my/result"))
        # The time to object to the result is over: how one would have is said still, with the way to the rules.
        assert "The time to object ended on" in page
        assert "within 14 days of being told the result, within 7 days of a pay run" in page
        assert "answers within 10 days" in page
        assert "within 7 days to a committee of 5" in page
        assert 'href="/criteria/2026">The rules of the cycle 2026</a>' in own.get("/my/result").text
        assert f"{expected[-1]['amount']:,}" in page
        assert ("You were paid" in page) == is_paid
    # Who gave theirs back got it first, gave back all of it, and nothing since.
    assert [one["difference"] for one in expected] == [expected[0]["amount"], -expected[0]["amount"], 0]
    assert expected[0]["amount"] > 0
    assert [one["kind"] for one in expected] == ["pay", "recover", "none"]


def objected_to(desk):
    """To what one is paid, within seven days of the approval of the last run; what is granted waits for a reopening or for two people who say that nothing changes."""
    own, at = desk.person("e1"), "/api/v1/cycles/2026/objections"
    body = {"about": "pay", "kpi": None, "text": "My base was another from May on."}
    assert code(own.post(at, json=body | {"about": "grade"})) == (409, "not_now")
    made = own.post(at, json=body)
    assert made.status_code == 201, made.text
    number = made.json()["id"]
    assert (made.json()["state"], made.json()["confirmer"]) == ("open", "hr")
    assert blockers(paid(desk)) == [("objection_open", 1, True)]
    answer = {"granted": True, "text": "The base was looked up."}
    assert code(own.post(f"{at}/{number}/answer", json=answer)) == (409, "own_case")
    assert desk.person("dana").post(f"{at}/{number}/answer", json=answer).json()["state"] == "granted"
    assert blockers(paid(desk)) == [("objection_open", 1, True)]
    line = {"node": "employee:E1", "kpi": "consults", "member": "actual", "value": "9", "cause": "base"}
    assert proposed(desk, "dana", "override", line, number).status_code in {409, 422}
    nothing = proposed(desk, "dana", "no_effect", {}, number)
    assert nothing.status_code == 201, nothing.text
    assert code(agree(desk, "dana", nothing)) == (409, "same_person")
    assert agree(desk, "late", nothing).status_code == 200
    assert own.get(f"{at}/{number}").json()["state"] == "settled"
