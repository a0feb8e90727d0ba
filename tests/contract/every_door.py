"""What a person came to in a paid cycle, by every door at which it is told: command, API, page, CSV, workbook and PDF, in each language."""

from __future__ import annotations

import csv
import io
import json
import re
from decimal import Decimal

import python_calamine
from pypdf import PdfReader

from tests.contract.test_libreoffice import resaved
from tests.contract.test_notifying import words

LANGUAGES = ("en", "ko", "es")
_TOKEN = re.compile('name="csrf_token" value="([^"]+)"')


def by_every_door(desk, employee, run, folder):
    """The same pay, published score and grade, whoever tells them."""
    dana, own, payroll = desk.person("dana"), desk.person(employee.lower()), desk.person("pay")
    cycle = "/api/v1/cycles/2026"
    (item,) = [one for one in dana.get(f"{cycle}/pay-runs/{run}").json()["items"] if one["employee"] == employee]
    amount, grade = item["amount"], item["grade"]
    (row,) = [one for one in _printed(desk) if one["employee"] == employee]
    score = Decimal(repr(row["final_score"])).quantize(Decimal("0.01"))
    told = dana.get(f"{cycle}/people/{employee}").json()
    assert (row["pay"], row["grade"]) == (amount, grade)
    assert (told["pay"], told["grade"], Decimal(str(told["notified_score"]))) == (amount, grade, score)
    assert dana.get(f"{cycle}/people/{employee}/statement").json()["amount"] == amount

    for language in LANGUAGES:
        said = {"Accept-Language": language}
        wanted = f"{score}" if language != "es" else f"{score}".replace(".", ",")
        for client, address, parts in (
            (dana, f"/grades/employee:{employee}?cycle=2026", (amount, wanted)),
            (dana, f"/grades?cycle=2026&text={employee}", (amount, wanted)),
            (dana, f"/cycles/2026/people/{employee}", (wanted,)),
            (dana, f"/cycles/2026/people/{employee}/statement", (amount,)),
            (own, f"/cycles/2026/people/{employee}/statement", (amount,)),
            (own, f"/grades/employee:{employee}?cycle=2026", (amount, wanted)),
            (own, "/my/result", (amount, wanted)),
            (payroll, "/cycles/2026/pay", (amount,)),
        ):
            answer = client.get(address, headers=said)
            assert answer.status_code == 200, (address, answer.text)
            assert f'lang="{language}"' in answer.text, (address, language)
            text = words(answer)
            for part in parts:
                assert _has(text, part), (address, language, part)
        paper = own.get(f"/cycles/2026/people/{employee}/statement.pdf", headers=said)
        text = " ".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(paper.content)).pages).split())
        assert _has(text, amount), (language, text)

    books = {}
    for language in LANGUAGES:
        columns = {}
        for form in ("csv", "xlsx"):
            file = _taken(dana, "/grades?cycle=2026", form, language)
            rows = _rows(file, form)
            if form == "xlsx":
                books[f"grades-{language}"] = file
            (found,) = [one for one in rows[1:] if one and one[0] == employee]
            columns[form] = {str(name): found[at] for at, name in enumerate(rows[0])}
            assert _is_among(found, amount, score, grade), (language, form, found)
        assert list(columns["csv"]) == list(columns["xlsx"])
    for form in ("csv", "xlsx"):
        body = {"format": form, "reason": "For the pay of March."}
        file = payroll.post(f"{cycle}/pay-runs/{run}/export", json=body).content
        rows = _rows(file, form)
        if form == "xlsx":
            books["run"] = file
        (found,) = [one for one in rows[1:] if one and one[0] == employee]
        assert (int(found[rows[0].index("amount")]), found[rows[0].index("grade")]) == (amount, grade)
    if desk.where["database"].startswith("sqlite"):
        folder.mkdir()
        for name, file in resaved(folder, books).items():
            (found,) = [one for one in _rows(file, "xlsx") if one and one[0] == employee]
            assert _is_among(found, amount, *(() if name == "run" else (score,)), grade), (name, found)


def _printed(desk):
    return json.loads(desk.kopes("grade", "--cycle", "2026", "--format", "json", **desk.where, status=None).out)


def _has(text, part):
    """Whether a text has a figure, by itself; an amount is parted by thousands in each language's own way."""
    plain = re.sub(r"(?<=\d)[.,\s\u00a0\u202f](?=\d{3}(?!\d))", "", text) if isinstance(part, int) else text
    return re.search(rf"(?<![\d.,]){re.escape(str(part))}(?!\d)", plain) is not None


def _taken(client, address, form, language):
    """A page's file."""
    said = {"Accept-Language": language}
    token = _TOKEN.findall(client.get(address, headers=said).text)[0]
    body = {"csrf_token": token, "format": form, "reason": "For the record of the year."}
    answer = client.post(address, data=body, headers=said)
    assert answer.status_code == 200, answer.text
    return answer.content


def _rows(content, form):
    if form == "xlsx":
        book = python_calamine.load_workbook(io.BytesIO(content))
        return book.get_sheet_by_name(book.sheet_names[0]).to_python()
    return list(csv.reader(io.StringIO(content.decode().removeprefix("\ufeff"))))


def _is_among(cells, amount, *others):
    """Whether a row has all of these, each in a cell of its own."""
    figures = [Decimal(str(cell)) for cell in cells if re.fullmatch(r"-?\d+(\.\d+)?", str(cell))]
    wanted = [Decimal(amount), *(one for one in others if isinstance(one, Decimal))]
    return all(one in figures for one in wanted) and all(one in cells for one in others if isinstance(one, str))
