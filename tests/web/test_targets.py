"""Targets: the lines of a unit, its people and the units below, and whether what should add up does."""

from __future__ import annotations

import json
import re
from urllib.parse import urlencode

import pytest

from app import scoring
from app.rules.terms import Node
from tests.conftest import CountQueries
from tests.web.markup import read
from tests.web.working import BY_UNIT, NOW, Working, addresses_by_unit


def split(vie: int, par: int | str) -> object:
    """Make the offices' consults slices of the region's, with these targets of its 10."""

    def change(text: str) -> str:
        return "\n".join(
            line.replace("unique,,,,,,10,", f"identical,unit:EUR,consults,,,,{vie if 'VIE' in line else par},")
            if line.startswith(("2026,unit:VIE,consults,", "2026,unit:PAR,consults,"))
            else line
            for line in text.splitlines()
        )

    return change


def in_blocks(page: str) -> str:
    """What stands below the grid, KPI by KPI."""
    return page.partition('<section class="targets-block"')[2]


def test_identical_children_that_add_up_are_said_to(working: Working) -> None:
    """What is split adds up (peers.md): 6 + 4 = 10, and their actuals too."""
    working.load(split(6, 4))  # type: ignore[arg-type]
    working.record("2026-03-04 consult C-1 E1")
    page = working.gaston.get("/targets").text
    assert "adds up" in page
    assert "The targets of the 2 lines below that are slices of this one come to 10; EUR has 10." in page
    assert "The actuals of the 2 lines below that are slices of this one come to 1; EUR has 1." in page
    assert "does not add up" not in in_blocks(page)


def test_what_does_not_add_up_is_named_with_the_difference(working: Working) -> None:
    """6 + 5 is one too much."""
    working.load(split(6, 5))  # type: ignore[arg-type]
    page = working.gaston.get("/targets").text
    assert "does not add up" in page
    assert "Difference: 1." in page


def test_an_identical_line_without_a_target_is_missing_and_no_zero(working: Working) -> None:
    """It is said how many have none."""
    working.load(split(10, ""))  # type: ignore[arg-type]
    page = working.gaston.get("/targets").text
    assert "1 of them have none." in page
    assert "does not add up" in page


@BY_UNIT
def test_who_sees_which_targets(working: Working, name: str, statuses: list[int]) -> None:
    """A unit's targets with its people's are for its line and for who sees everything."""
    assert getattr(working, name).statuses(*addresses_by_unit("/targets")) == statuses


def test_it_takes_as_many_queries_whatever_the_size(working_on_each: Working, count_queries: CountQueries) -> None:
    """Expect 6: the session, two revisions, what happened to targets, totals, distinct members."""
    counts = []
    for person in (working_on_each.boram, working_on_each.hana):
        person.get("/targets")
        with count_queries() as sent:
            person.get("/targets")
        counts.append(len([one for one in sent if one != "BEGIN"]))
    assert counts == [6, 6]


# ------------------------------------------------------------------------------------------------------------ targets that are set

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def cells(page: str) -> list[str]:
    """The cells of the grid that can be written into."""
    return [value for name, value in HIDDEN.findall(page) if name == "cell"]


def form(page: str, kpi: str, **figures: str) -> dict[str, object]:
    """The grid's cells of a KPI as a browser would send them, with some figures changed: ``E1="12"``, ``VIE="20"``."""
    part = page.split("data-target-grid")[1].split("</form>", maxsplit=1)[0]
    hidden = HIDDEN.findall(part)
    nodes = [value.split(" ")[1] for value in cells(part) if value.split(" ")[0] == kpi]
    sent: dict[str, object] = {name: value for name, value in hidden if f"-{kpi}-" in name or name == "cycle"}
    sent["note"] = "Agreed anew"
    sent |= {f"target-{kpi}-{node}": sent[f"seen-{kpi}-{node}"] for node in nodes}
    sent["cell"] = [f"{kpi} {node}" for node in nodes]
    for code, figure in figures.items():
        (name,) = (f"target-{kpi}-{node}" for node in nodes if node.endswith(f":{code}"))
        sent[name] = figure
    return sent


def target_of(working: Working, node: str, kpi: str = "consults") -> str | None:
    """The target that the node's scorecard shows."""
    found = Node.parse(node)
    assert found is not None
    with working.database.read() as connection:
        card = scoring.scorecards(connection, scoring.ScoreQuery(2026, NOW.date()), [found])[0]
    return next(line.target for line in card.lines if line.kpi == kpi)


def test_a_head_sets_several_targets_at_once_and_all_pages_show_them(working: Working) -> None:
    """What was not changed is left alone; the trail has a row for each that was."""
    working.record("2026-03-04 consult C-1 E1")
    page = working.boram.get("/targets").text
    answer = working.boram.post(
        "/targets?unit=VIE&cycle=2026", form(page, "consults", E1="4", E6="8.50") | {"note": "A new market"}
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/targets?unit=VIE&cycle=2026")
    page = working.boram.get(answer.headers["Location"]).text
    assert "Targets set: 2. A name: E1 10 → 4; E6 10 → 8.5." in page
    assert page.count("Targets set: 2.") == 1
    assert "Reason: “A new market”" in page
    assert re.search(r"set on .*; the folder: 10<", page)
    assert [target_of(working, f"employee:{number}") for number in ("E1", "E2", "E6")] == ["4", "10", "8.5"]
    # 20 + 80 × 1 / 4
    assert "40.00" in working.alba.get("/scorecards/employee:E1").text
    derivation = working.alba.get("/scorecards/employee:E1/consults").text
    assert "Target = 4, set in the application on 30 Jun 2026; the folder gives 10." in derivation
    rows = [row for row in working.trail() if row.deed == "set_targets"]
    assert {(row.who, row.subject, row.why) for row in rows} == {
        ("account:boram@agency.example", f"employee:{number}", "A new market") for number in ("E1", "E6")
    }
    assert '"target": "4"' in " ".join(str(row.after) for row in rows).replace('":"', '": "')


def test_heads_set_those_of_their_units_and_people_and_nobody_their_own(working: Working) -> None:
    """A head's form has the office and the others in it; the region's head sets the head's; at the top it is hr."""
    for name, unit, nodes in (
        ("boram", "VIE", {"unit:VIE", "employee:E1", "employee:E6"}),
        ("gaston", "VIE", {"unit:VIE", "employee:E1", "employee:E2", "employee:E6"}),
        ("gaston", "EUR", {"unit:EUR", "unit:VIE", "unit:PAR"}),
        ("hana", "HQ", {"unit:HQ", "unit:EUR", "unit:ASI", "employee:E7"}),
        ("dana", "HQ", {"employee:E5"}),
        ("wanda", "HQ", {"employee:E5"}),
        ("emil", "VIE", set()),
        ("ferran", "VIE", set()),
    ):
        page = getattr(working, name).get(f"/targets?unit={unit}").text
        assert {cell.split(" ")[1] for cell in cells(page)} == nodes, name
    for name, node in (
        ("boram", "employee:E2"),
        ("boram", "unit:EUR"),
        ("boram", "employee:E3"),
        ("gaston", "unit:HQ"),
        ("alba", "employee:E1"),
        ("emil", "employee:E1"),
        ("dana", "employee:E1"),
        ("iris", "employee:E1"),
    ):
        sent = {"cycle": "2026", "cell": [f"consults {node}"], "note": "Agreed anew"}
        sent |= {f"target-consults-{node}": "1", f"seen-consults-{node}": "10"}
        assert getattr(working, name).post("/targets?unit=VIE", sent).status_code == 404, (name, node)
        assert target_of(working, node) == "10"


def test_a_line_that_takes_no_target_has_no_field(working: Working) -> None:
    """A shared line shows its parent's figures, what was set for the parent among them."""

    def share(text: str) -> str:
        old = "2026,employee:E6,consults,10,,unique,,,,,,10,"
        assert old in text
        return text.replace(old, "2026,employee:E6,consults,10,,shared,unit:VIE,consults,,,,,")

    working.load(share)
    page = working.gaston.get("/targets?unit=VIE").text
    sent = form(page, "consults", VIE="40")
    assert "consults employee:E6" not in sent["cell"]  # type: ignore[operator]
    assert working.gaston.post("/targets?unit=VIE", sent).status_code == 303
    assert [target_of(working, node) for node in ("unit:VIE", "employee:E6")] == ["40", "40"]
    forced = {**sent, "cell": ["consults employee:E6"], "target-consults-employee:E6": "1"}
    assert working.gaston.post("/targets?unit=VIE", forced).status_code == 404


def take_targets_away(working: Working) -> None:
    """Leave targets to consults alone, which VIE and its people share with the region above, but for their head.

    One KPI of the others is graded, one is on the way to a goal, and seven are held against past years.
    """
    kpis = working.folder / "definitions" / "kpis.yaml"
    listed = json.loads(kpis.read_text(encoding="utf-8"))
    path = {"name": "midterm", "start": {"year": 2023, "value": 40}, "goal": {"year": 2028, "value": 90}}
    methods = {"consults": {"name": "target"}, "deals": {"name": "qualitative"}, "deals_confirmed": path}
    for kpi in listed["kpis"]:
        kpi["method"] = methods.get(kpi["code"], {"name": "ratio"})
        if kpi["code"] == "deals":
            kpi["measure"] = {"aggregate": "rating"}
    kpis.write_text(json.dumps(listed), encoding="utf-8")
    share = re.compile(r"(2026,(?:unit:VIE|employee:E[16]),consults,10,,)unique,,,,,,10,")

    def change(text: str) -> str:
        rows = [row if ",consults," in row else row.replace(",,,,,,10,", ",,,,,,,") for row in text.splitlines()]
        return share.sub(r"\1shared,unit:EUR,consults,,,,,", "\n".join(rows))

    working.load(change)


def why_nothing(page: str) -> list[str]:
    """What the page says of why there is no form."""
    said = page.partition("There is no target for you to set here.")[2].partition("</ul>")[0]
    return re.findall(r"<li>(.*?)</li>", said)


def test_a_head_without_a_form_is_told_why(working: Working) -> None:
    """By the number of lines of each kind: of the office, of both people, and of the head's own scorecard."""
    take_targets_away(working)
    page = working.boram.get("/targets").text
    assert cells(page) == []
    assert why_nothing(page) == [
        "Held against a base value that is made of past years: 21.",
        "Held against the line to a mid-term goal, which the KPI's definition gives: 3.",
        "Graded by raters: 3.",
        "Shared with the line above, where the target is set for both: 3.",
        "On your own scorecard, where the head above sets the targets, or HR at the top: 1.",
    ]


def test_who_finds_a_form_or_sets_nothing_is_told_nothing(working: Working) -> None:
    """The region's head sets its consults; who only reads, and whoever looks at a day that is past, has nothing to set anyway."""
    assert why_nothing(working.boram.get("/targets").text) == []
    take_targets_away(working)
    page = working.gaston.get("/targets").text
    assert cells(page) != []
    assert why_nothing(page) == []
    assert why_nothing(working.gaston.get("/targets?unit=PAR").text) == []
    assert cells(working.gaston.get("/targets?unit=VIE").text) == ["consults employee:E2"]
    for person, address in (("ferran", "?unit=VIE"), ("emil", "?unit=VIE"), ("boram", "?as_of=2026-05-31")):
        assert why_nothing(getattr(working, person).get(f"/targets{address}").text) == []


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("12,5", "can be read as 125 or as 12.5"),
        ("1e3", "is no number here: write it as 1,234,567.5."),
        ("1234567890123456", "write at most 15 digits"),
        ("many &", "is no number here: write it as 1,234,567.5."),
        ("", "write the new one"),
        ("10.0", "This is the target already"),
    ],
)
def test_a_wrong_figure_is_named_at_its_field_and_kept(working: Working, typed: str, said: str) -> None:
    """Nothing of the form is set, not even what is right in it."""
    page = working.boram.get("/targets").text
    right = {} if typed == "10.0" else {"E6": "20"}
    answer = working.boram.post("/targets?unit=VIE", form(page, "consults", E1=typed, **right) | {"note": "Kept too"})
    assert answer.status_code == 422
    field = answer.text.split('<div class="field field-short field-wrong">')[1].split("</div>")[0]
    assert said in field
    # Where nothing was changed at all, the first field says so.
    assert f'for="target-consults-{"unit:VIE" if typed == "10.0" else "employee:E1"}"' in field
    assert f'value="{typed.replace("&", "&amp;")}"' in answer.text
    assert 'value="Kept too"' in answer.text
    assert all(f'value="{figure}"' in answer.text for figure in right.values())
    assert [target_of(working, f"employee:{number}") for number in ("E1", "E6")] == ["10", "10"]


def test_of_a_grid_that_is_wrong_all_over_the_first_is_told_and_how_much_more(working: Working) -> None:
    """What is answered does not grow with what was sent; nobody's screen holds thousands of errors."""
    wrong = [f"k{number} employee:E1" for number in range(8_000)]
    sent = {"cycle": "2026", "note": "A reason", "cell": wrong} | {
        f"target-{cell.replace(' ', '-')}": "x" for cell in wrong
    }
    plain = len(working.boram.get("/targets?unit=VIE").text)
    answer = working.boram.post("/targets?unit=VIE", sent)
    assert answer.status_code == 422
    assert "7,950 more of these targets" in answer.text
    # What was typed goes along with the choices of language and of look: that much was sent, and is no more than that.
    assert len(answer.text) < plain + 2 * len(urlencode(sent, doseq=True)) + 60_000


def test_a_grid_of_more_fields_than_any_is_refused_before_it_is_read(working: Working) -> None:
    """By their number, in one sentence."""
    answer = working.boram.post("/targets?unit=VIE", {"cycle": "2026", "cell": [""] * 32_001})
    assert answer.status_code == 413
    assert "more than 32000 fields" in answer.text


def test_what_was_typed_is_kept_whatever_the_kpi_is_called(working: Working) -> None:
    """Fields bear the KPI's code in their names: one that speaks of passwords is no password."""
    kpis = working.folder / "definitions" / "kpis.yaml"
    kpis.write_text(kpis.read_text(encoding="utf-8").replace('"consults"', '"password_resets"'), encoding="utf-8")
    working.load(lambda text: text.replace(",consults,", ",password_resets,"))
    page = working.boram.get("/targets").text
    sent = form(page, "password_resets", E1="12,5", E6="20") | {"note": "Kept too"}
    answer = working.boram.post("/targets?unit=VIE", sent)
    assert answer.status_code == 422
    assert all(f'value="{text}"' in answer.text for text in ("12,5", "20", "Kept too"))


def test_what_another_set_meanwhile_is_not_overwritten(working: Working) -> None:
    """Two have the form open: the second is told, and what the second did not touch stays as the first set it."""
    page = working.boram.get("/targets").text
    other = working.gaston.get("/targets?unit=VIE").text
    assert working.gaston.post("/targets?unit=VIE", form(other, "consults", E1="12", E6="13")).status_code == 303
    answer = working.boram.post("/targets?unit=VIE", form(page, "consults", E1="14"))
    assert answer.status_code == 409
    assert "Somebody set this target to 12 since you opened the page" in answer.text
    assert 'value="14"' in answer.text
    again = form(answer.text, "consults", E1="14", E6="10") | {"seen-consults-employee:E6": "10"}
    assert working.boram.post("/targets?unit=VIE", again).status_code == 303
    assert [target_of(working, f"employee:{number}") for number in ("E1", "E6")] == ["14", "13"]


def test_a_form_that_is_sent_twice_sets_once(working: Working) -> None:
    """The second time it says so."""
    sent = form(working.boram.get("/targets").text, "consults", E1="12")
    for said in ("Targets set: 1.", "These are the targets already"):
        assert working.boram.post("/targets?unit=VIE", sent).status_code == 303
        assert said in working.boram.get("/targets").text
    assert (
        len([row for row in working.trail() if row.deed == "set_targets"]) == 1 + 1
    )  # the second attempt, without a target


def test_what_is_set_is_added_up_as_what_is_loaded(working: Working) -> None:
    """The slices still come to 10 where one is set higher and the other lower by as much."""
    working.load(split(6, 4))  # type: ignore[arg-type]
    sent = form(working.gaston.get("/targets").text, "consults", VIE="7", PAR="3")
    assert working.gaston.post("/targets", sent).status_code == 303
    page = working.gaston.get("/targets").text
    assert "The targets of the 2 lines below that are slices of this one come to 10; EUR has 10." in page
    sent = form(page, "consults", VIE="9")
    assert working.gaston.post("/targets", sent).status_code == 303
    assert (
        "The targets of the 2 lines below that are slices of this one come to 12; EUR has 10."
        in working.gaston.get("/targets").text
    )


@pytest.mark.parametrize(("language", "said"), [("ko", "1,234,567.5"), ("es", "1.234.567,5")])
def test_the_error_speaks_the_reader_s_language(working: Working, language: str, said: str) -> None:
    """As everything does."""
    sent = form(working.boram.get("/targets").text, "consults", E1="x")
    working.boram.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    answer = working.boram.post("/targets?unit=VIE", sent)
    assert "is no number here" not in answer.text
    assert said in answer.text


def test_setting_takes_as_many_queries_whatever_the_number(
    working_on_each: Working, count_queries: CountQueries
) -> None:
    """One insert for all of them, and a row of the trail each; the page reads no more than before."""
    counts = []
    for figures in ({"E1": "11"}, {"E1": "12"}, {"E1": "13", "E2": "13", "E6": "13"}):
        sent = form(working_on_each.gaston.get("/targets?unit=VIE").text, "consults", **figures)
        with count_queries() as statements:
            assert working_on_each.gaston.post("/targets?unit=VIE", sent).status_code == 303
        counts.append(len([one for one in statements if one != "BEGIN" and "INSERT INTO trail" not in one]))
    assert counts[1] == counts[2]
    for person in (working_on_each.boram, working_on_each.hana):
        person.get("/targets")
        with count_queries() as statements:
            person.get("/targets")
        assert len([one for one in statements if one != "BEGIN"]) == 6


def wrong_field(page: str) -> str:
    """What stands at the first field that is wrong."""
    return page.split(" field-wrong")[1].split("</div>", maxsplit=1)[0]


@pytest.mark.parametrize("typed", ["-5", "0", "0.0"])
def test_a_target_that_nothing_can_be_held_against_is_refused(working: Working, typed: str) -> None:
    """Taken, it would turn a score round or leave a line unmeasured that was measured before."""
    answer = working.boram.post("/targets?unit=VIE", form(working.boram.get("/targets").text, "consults", E1=typed))
    assert answer.status_code == 422
    assert "A target is more than 0: write what is to be reached, such as 10." in wrong_field(answer.text)
    assert target_of(working, "employee:E1") == "10"


def test_a_target_far_from_the_one_before_is_asked_about_once(working: Working) -> None:
    """Both figures are shown; sent once more it counts, and another figure is asked about anew."""
    sent = form(working.boram.get("/targets").text, "consults", E1="1000")
    answer = working.boram.post("/targets?unit=VIE", sent)
    assert answer.status_code == 422
    assert "From 10 to 1,000 is more than ten times as much" in wrong_field(answer.text)
    assert target_of(working, "employee:E1") == "10"
    asked = form(answer.text, "consults", E1="0.5")
    answer = working.boram.post("/targets?unit=VIE", asked)
    assert "From 10 to 0.5 is more than ten times" in wrong_field(answer.text)
    assert working.boram.post("/targets?unit=VIE", form(answer.text, "consults", E1="0.5")).status_code == 303
    assert target_of(working, "employee:E1") == "0.5"


def test_a_running_cycle_s_target_is_not_changed_without_a_reason(working: Working) -> None:
    """What was agreed is taken back from somebody: they read why, and by whom, where their score comes about."""
    sent = form(working.boram.get("/targets").text, "consults", E1="8") | {"note": " "}
    answer = working.boram.post("/targets?unit=VIE", sent)
    assert answer.status_code == 422
    assert "the cycle is under way and whoever is measured by it reads it: say why" in wrong_field(answer.text)
    assert working.boram.post("/targets?unit=VIE", sent | {"note": "A harder year"}).status_code == 303
    page = working.alba.get("/scorecards/employee:E1/consults").text
    assert "Target = 8, set in the application on 30 Jun 2026; the folder gives 10." in page
    assert "It was set by E2: “A harder year”" in page


def test_who_set_a_unit_s_target_is_shown_to_its_line_and_not_below(working: Working) -> None:
    """Whose line shows the unit's figures sees them without names."""
    old, new = "unique,,,,,,10,", "shared,unit:VIE,consults,,,,,"
    working.load(
        lambda text: text.replace(f"2026,employee:E6,consults,10,,{old}", f"2026,employee:E6,consults,10,,{new}")
    )
    sent = form(working.gaston.get("/targets?unit=VIE").text, "consults", VIE="8")
    assert working.gaston.post("/targets?unit=VIE", sent).status_code == 303
    assert "It was set by E4: “Agreed anew”" in working.boram.get("/scorecards/unit:VIE/consults").text
    page = working.jiho.get("/scorecards/employee:E6/consults").text
    assert "Target = 8, set in the application" in page
    assert "Agreed anew" not in page


def test_a_target_goes_back_to_the_folder_and_follows_it_from_then_on(working: Working) -> None:
    """By a tick, with a reason; nothing is marked as set any more, and the folder's next figure holds."""
    page = working.boram.get("/targets").text
    assert "Back to the folder" not in page
    assert working.boram.post("/targets?unit=VIE", form(page, "consults", E1="8", E6="9")).status_code == 303
    page = working.boram.get("/targets").text
    assert page.count("Back to the folder's 10") == 2
    answer = working.boram.post(
        "/targets?unit=VIE", form(page, "consults", E6="7") | {"back": ["consults employee:E1"]}
    )
    page = working.boram.get(answer.headers["Location"]).text
    assert "Targets set: 2. A name: E1 8 → 10; E6 9 → 7." in page
    assert in_blocks(page).count("; the folder: 10<") == 1
    working.load(
        lambda text: text.replace(
            "2026,employee:E1,consults,10,,unique,,,,,,10,", "2026,employee:E1,consults,10,,unique,,,,,,11,"
        )
    )
    assert [target_of(working, f"employee:{number}") for number in ("E1", "E6")] == ["11", "7"]


def test_each_kpi_says_why_lines_of_it_take_no_target(working: Working) -> None:
    """One sentence where the table stands, not a form that is missing without a word."""
    take_targets_away(working)
    page = working.gaston.get("/targets").text
    block = page.split('id="kpi-deals"')[1].split("</section>")[0]
    assert "No target to set. Graded by raters: 3." in block
    assert 'href="#kpi-consults"' in page
    assert 'href="#kpi-deals"' not in page


def test_what_happened_to_a_target_is_told_on_targets_and_in_the_derivation(working: Working) -> None:
    """From the folder's figure on: who set it, when, from what to what, and why; for whoever may see the targets, and for nobody else."""
    for figure, why in (("4", "A new market"), ("6", "It went well")):
        page = working.boram.get("/targets").text
        sent = form(page, "consults", E1=figure) | {"note": why}
        assert working.boram.post("/targets?unit=VIE&cycle=2026", sent).status_code == 303
    steps = ("s 10 to 4, by E2", "A new market", "from 4 to 6, by E2", "It went well")
    for name in ("boram", "gaston", "dana", "emil"):
        for address in ("/targets?unit=VIE", "/scorecards/employee:E1/consults"):
            page = getattr(working, name).get(address).text
            assert [step for step in steps if step not in page] == []
            assert page.index(steps[0]) < page.index(steps[2])
    assert "A new market" in working.alba.get("/scorecards/employee:E1/consults").text
    assert "What happened to the target" not in working.dana.get("/scorecards/employee:E6/consults").text


def test_whoever_sees_all_units_sees_what_changed_in_any_of_them(
    working_on_each: Working, count_queries: CountQueries
) -> None:
    """The newest first, at the top of the agency; before, 173 pages were to be looked through. As many queries however many there were."""
    working = working_on_each
    top = {name: getattr(working, name).get("/targets") for name in ("dana", "emil", "ferran", "wanda")}
    for name, answer in top.items():
        assert "No target has been changed in this cycle" in answer.text, name
    counts = []
    for figure, why in (("4", "A new market"), ("6", "It went well"), ("10", "As it was")):
        sent = form(working.boram.get("/targets").text, "consults", E1=figure) | {"note": why}
        assert working.boram.post("/targets?unit=VIE&cycle=2026", sent).status_code == 303
        working.dana.get("/targets")
        with count_queries() as queries:
            page = working.dana.get("/targets").text
        counts.append(len([one for one in queries if one != "BEGIN"]))
    assert len(set(counts)) == 1
    table = next(one for one in read(page).all("table") if "Changes of this cycle" in one.text)
    told = [[cell.text for cell in row.all("td")] for row in table.first("tbody").all("tr")]
    assert [row[:4] + row[5:] for row in told] == [
        ["A name", "6", "10 as in the folder", "E2", "As it was"],
        ["A name", "4", "6", "E2", "It went well"],
        ["A name", "10", "4", "E2", "A new market"],
    ]
    assert [link.attributes["href"] for link in table.all("a")] == [
        address
        for number in (3, 2, 1)
        for address in ("/scorecards/employee:E1/consults?cycle=2026", f"/decisions/{number}")
    ]
    assert "Changes of this cycle" not in working.dana.get("/targets?unit=VIE").text
    assert "Changes of this cycle" not in working.hana.get("/targets").text


def test_only_what_the_link_demands_is_said_not_to_add_up(working: Working) -> None:
    """Actuals of units below may differ where somebody moved: that is no fault, and is said to be none; targets that differ are to be mended."""
    working.load(split(6, 5))  # type: ignore[arg-type]
    page = working.gaston.get("/targets").text
    assert in_blocks(page).count("does not add up") == 1
    assert "Whoever sets them here" in page
    assert "base values" not in page
    working.load(lambda text: text.replace("E1,VIE,staff,", "E1,EUR,staff,"), file="postings")
    working.record("2026-03-04 consult C-1 E1")
    page = working.gaston.get("/targets").text
    assert "The actuals of the 2 lines below that are slices of this one come to 0; EUR has 1." in page
    assert in_blocks(page).count("does not add up") == 1
    assert "nothing need be done" in page


def test_a_milestone_of_somebody_who_is_away_counts_whole(working: Working) -> None:
    """Halfway from 4 in 2025 to 8 in 2027 it is 6 for the office and for either of its people, one of whom is away for a quarter: 12 of 6."""
    kpis = working.folder / "definitions" / "kpis.yaml"
    listed = json.loads(kpis.read_text(encoding="utf-8"))
    for kpi in listed["kpis"]:
        if kpi["code"] == "consults":
            kpi["method"] = {"name": "milestone", "targets": {"2025": 4, "2027": 8}}
    kpis.write_text(json.dumps(listed), encoding="utf-8")
    away = "employee,cycle,kind,from,to,note\nE1,2026,leave,2026-01-01,2026-04-01,\n"
    (working.folder / "agency" / "status.csv").write_text(away, encoding="utf-8")
    own = re.compile(r"(2026,unit:VIE,consults,10,,unique,,,,,,)10,")
    slices = re.compile(r"(2026,employee:E[16],consults,10,,)unique,,,,,,10,")
    working.load(lambda text: slices.sub(r"\1identical,unit:VIE,consults,,,,,", own.sub(r"\1,", text)))
    page = working.boram.get("/targets").text
    assert "come to 12; VIE has 6." in in_blocks(page)


def test_a_sum_counts_the_slices_whose_rows_are_not_on_view(working: Working) -> None:
    """6 + 5 of the offices, of the region's 10, while only its people are looked at; who sets nothing there reads the same without a field."""
    working.load(split(6, 5))  # type: ignore[arg-type]
    for name, fields in (("gaston", True), ("ferran", False)):
        page = getattr(working, name).get("/targets?unit=EUR&rows=people").text
        foot = read(page).first("tfoot").text
        assert ("11 of 10" in foot, "11 of it in rows that are not shown" in foot) == (True, True)
        assert any(cell.endswith("unit:EUR") for cell in cells(page)) is fields
        assert not any(cell.endswith("unit:VIE") for cell in cells(page))
