"""Pages, and what they say when something is wrong, in the reader's language: the account's, else what the browser asks for."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from app.kit.cities import city_of
from app.kit.settings import Settings
from app.organisation.tables import unit_period
from app.web import create_app
from app.web.asked.zones import Clock
from app.web.wording.languages import ABSENT, alike, amount, apart, instant, krw, month, number, percent, writing
from tests.web.working import NOW, Somebody, Working

_HEADING: Final = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)
_ERROR: Final = re.compile(r'id="password-error"[^>]*>(.*?)</p>', re.DOTALL)


def _text(page: str, pattern: re.Pattern[str]) -> str:
    found = pattern.search(page)
    assert found is not None, page
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


@pytest.mark.parametrize(
    ("asked", "heading", "label"),
    [
        ("ko-KR,ko;q=0.9,en;q=0.5", "로그인", "비밀번호"),
        ("es-MX,es;q=0.9", "Iniciar sesión", "Contraseña"),
        ("fr", "Sign in", "Password"),
    ],
)
def test_the_sign_in_speaks_the_browsers_language(client, asked, heading, label):
    page = client.get("/login", headers={"Accept-Language": asked}).text
    assert _text(page, _HEADING) == heading
    assert label in page


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("ko", "이메일과 비밀번호가 맞지 않으므로"),
        ("es", "Este correo y esta contraseña no se corresponden"),
        ("en", "This e-mail and password do not belong together"),
    ],
)
def test_a_form_says_what_is_wrong_in_the_same_language(client, asked, said):
    answer = client.post(
        "/login", data={"email": "nobody@agency.example", "password": "x"}, headers={"Accept-Language": asked}
    )
    assert answer.status_code == 422
    assert said in _text(answer.text, _ERROR)


@pytest.mark.parametrize(
    ("language", "subtitle", "words"),
    [
        ("ko", "2026 평가주기 성과표", ("최종 점수", "가중치", "핵심성과지표")),
        ("es", "Cuadro de mando del ciclo 2026", ("Puntuación hasta ahora", "Ponderación")),
    ],
)
def test_my_scorecard_speaks_the_accounts_language(working: Working, language, subtitle, words):
    """Whatever the browser asks for: the choice is kept with the account."""
    working.alba.post("/look", {"language": language, "theme": "system", "next": "/"})
    page = working.alba.get("/scorecard", headers={"Accept-Language": "en"}).text
    assert f'<html lang="{language}"' in page
    assert subtitle in page
    assert [word for word in words if word not in page] == []
    assert "Scorecard of the cycle" not in page


@pytest.mark.parametrize(("language", "said"), [("ko", "없는 페이지이거나"), ("es", "Esta página no existe")])
def test_what_is_not_there_is_said_in_the_accounts_language(working: Working, language, said):
    working.alba.post("/look", {"language": language, "theme": "system", "next": "/"})
    answer = working.alba.get("/scorecards/employee:E3")
    assert answer.status_code == 404
    assert said in answer.text


def test_a_count_of_one_is_said_in_the_singular(working: Working) -> None:
    """And a download is counted so in every language that tells the two apart."""
    for language, one, several in (
        ("en", "1</span> row)", "</span> rows)"),
        ("es", "1</span> fila)", "</span> filas)"),
        ("ko", "1</span>행)", "</span>행)"),
    ):
        working.dana.post("/look", {"language": language, "theme": "system", "next": "/"})
        assert one in working.dana.get("/people?text=E1").text
        assert several in working.dana.get("/people").text


def test_a_bar_of_many_pages_shows_four_and_the_rest_behind_one_key(working: Working) -> None:
    """Five fit a phone; what stood beyond its edge nobody found."""
    page = working.emil.get("/ledger").text
    bar = page.split('<nav class="navigation"', 1)[1].split("</nav>", 1)[0]
    shown = bar.split('<li class="more-pages">', 1)[0]
    hidden = set(re.findall(r'<li class="beyond"><a href="([^"]+)"', shown))
    assert shown.count("<li>") == 4
    menu = bar.split("<summary", 1)[1]
    assert hidden
    assert hidden == set(re.findall(r'<a href="([^"]+)"', menu))


def test_the_roles_own_work_comes_first_in_the_bar(working: Working) -> None:
    """Under "More" it took two steps each time; what everybody has stands behind it, also for those who are employees themselves."""
    first = {
        "iris": ["/accounts", "/keys", "/rejected", "/jobs", "/deliveries"],
        "emil": ["/ledger", "/trail", "/agency", "/people"],
        "dana": ["/people", "/grades", "/verification", "/targets"],
        "wanda": ["/people", "/grades", "/verification", "/targets"],
        "ferran": ["/agency", "/people", "/goals"],
        "boram": ["/scorecard", "/log", "/office", "/verification"],
    }
    for name, pages in first.items():
        bar = getattr(working, name).get("/password").text.split('<nav class="navigation"', 1)[1]
        home, *others = re.findall(r'<a href="([^"]+)"', bar)
        assert home == "/"
        assert others[: len(pages)] == pages, name


@pytest.mark.parametrize(
    ("language", "written"), [("en", "January 2026"), ("ko", "2026년 1월"), ("es", "enero de 2026")]
)
def test_a_months_year_stands_where_the_language_has_it(working: Working, language: str, written: str) -> None:
    """And a step on the way to a sum of won has the sign of the sum, with the decimals that it needs."""
    with working.app.test_request_context("/", headers={"Accept-Language": language}):
        assert month(dt.date(2026, 1, 1)) == written
        assert krw(1565449) == krw(1565449.0, 4)
        assert krw(1565449.3151, 4).startswith("₩")


@pytest.mark.parametrize(
    ("language", "written"), [("en", "80\N{NO-BREAK SPACE}%"), ("ko", "80%"), ("es", "80\N{NO-BREAK SPACE}%")]
)
def test_korean_writes_a_percentage_without_a_space(working: Working, language: str, written: str) -> None:
    """The others keep the sign on the number's line."""
    with working.app.test_request_context("/", headers={"Accept-Language": language}):
        assert percent(80) == written


@pytest.mark.parametrize(
    ("language", "unit", "written"),
    [
        ("ko", "일", "17.75일"),
        ("ko", "달러(USD)", "17.75달러(USD)"),
        ("ko", "%", "17.75%"),
        ("ko", "USD", "17.75 USD"),
        ("ko", "상담 1건당 계약 수", "17.75 상담 1건당 계약 수"),
        ("en", "days", "17.75 days"),
        ("es", "días", "17,75 días"),
    ],
)
def test_korean_writes_a_unit_of_measure_right_behind_its_figure(
    working: Working, language: str, unit: str, written: str
) -> None:
    """Unless the unit is a phrase of its own."""
    with working.app.test_request_context("/", headers={"Accept-Language": language}):
        assert f"{number('17.75')}{apart(unit)}{unit}" == written


def test_the_numbers_of_a_column_have_their_points_under_one_another(working: Working) -> None:
    """As many decimals as the longest has, none where all are whole; what is not there is not a number of it."""
    with working.app.test_request_context("/", headers={"Accept-Language": "en"}):
        assert [alike(one, [80.0692, 74.9, None]) for one in (80.0692, 74.9)] == ["80.0692", "74.9000"]
        assert [alike(one, [0, 3.75]) for one in (0, 3.75)] == ["0.00", "3.75"]
        assert alike(10, [10, 200]) == "10"
        assert alike(None, [None, 1]) == ABSENT


def test_instants_are_read_by_the_clock_of_ones_office_else_of_the_agency_until_one_chooses(working: Working) -> None:
    """With the city whose clock it is, in the reader's language; the year only where it is not the present one; the setting names a zone that there is."""
    seoul = Settings.from_environment({"KOPES_TIMEZONE": "Asia/Seoul"}).timezone
    settings = Settings(database_url="", secret_key="the tests' own", timezone=seoul)
    app = create_app(settings, clock=lambda: NOW, database=working.database)
    alba, dana = Somebody(app, "alba"), Somebody(app, "dana")
    assert '<time datetime="2026-06-30T21:00:00+09:00">30 Jun, 21:00 Seoul<' in dana.get("/sessions").text
    assert '<time datetime="2026-06-30T14:00:00+02:00">30 Jun, 14:00 Vienna<' in alba.get("/sessions").text
    assert "My office's: Vienna" in alba.get("/clock").text
    assert "choose one that is offered" in alba.post("/clock", {"timezone": "../etc/passwd"}).text
    alba.post("/clock", {"timezone": "America/New_York"})
    assert "Saved. Times are now those of New York." in (page := alba.get("/clock").text)
    assert '<option value="America/New_York" selected>New York, United States (UTC\N{MINUS SIGN}04:00)' in page
    for language, written in (
        ("ko", "6월 30일 08:00(뉴욕)"),
        ("es", "30 jun, 08:00 Nueva York"),
        ("en", "30 Jun, 08:00 New York"),
    ):
        alba.post("/look", {"language": language})
        assert f">{written}</time>" in alba.get("/sessions").text
    alba.post("/clock", {"timezone": ""})
    assert ">30 Jun, 14:00 Vienna<" in alba.get("/sessions").text
    assert app.test_client().get("/clock").location == "/login?next=/clock"
    for wrong in ("Asia/Nowhere", "../etc/passwd", "Asia"):
        with pytest.raises(ValueError, match="KOPES_TIMEZONE"):
            Settings.from_environment({"KOPES_TIMEZONE": wrong})


def test_in_korean_the_city_of_a_clock_stands_in_brackets(working: Working) -> None:
    """“23:00 상하이에 끝났습니다” would end in Shanghai, not at eleven."""
    with working.app.test_request_context("/", headers={"Accept-Language": "ko"}):
        assert re.fullmatch(
            r"<time[^>]*>3월 4일 09:30\([^()]+\)</time>", instant(dt.datetime(1, 3, 4, 9, 30, tzinfo=dt.UTC))
        )


def test_an_office_whose_zone_this_machine_has_lost_goes_by_the_agencys_clock(working: Working) -> None:
    """Zone files come with the machine, and can be older there than where the agency was loaded: no page ends for it."""
    with working.database.write("lose_a_zone") as connection:
        connection.execute(sa.update(unit_period).where(unit_period.c.code == "VIE").values(timezone="Europe/Nowhere"))
    seoul = Settings(database_url="", secret_key="the tests' own", timezone=ZoneInfo("Asia/Seoul"))
    late = NOW.replace(hour=20)
    alba = Somebody(create_app(seoul, clock=lambda: late, database=working.database), "alba")
    assert ">1 Jul, 05:00 Seoul<" in alba.get("/sessions").text
    assert "My office's" not in alba.get("/clock").text
    assert 'max="2026-07-01"' in alba.get("/log").text


@pytest.mark.parametrize(
    ("zone", "cities"),
    [
        ("Asia/Ho_Chi_Minh", ["Ho Chi Minh City", "사이공", "Ciudad Ho Chi Minh"]),
        ("America/Argentina/Buenos_Aires", ["Buenos Aires", "부에노스 아이레스", "Buenos Aires"]),
        ("Asia/Kolkata", ["Kolkata", "콜카타", "Calcuta"]),
        ("Etc/GMT+5", ["GMT+5"] * 3),
    ],
)
def test_a_zone_is_called_by_its_city_under_whichever_name_iana_gives_it(zone: str, cities: list[str]) -> None:
    """CLDR keeps some under the name of before: nobody reads a path of it."""
    assert [city_of(zone, language) for language in ("en", "ko", "es")] == cities


def test_an_instant_of_another_year_says_which(working: Working) -> None:
    """The night of the year's end in New York is a day later in Seoul."""
    at = dt.datetime(2025, 12, 31, 18, tzinfo=dt.UTC)
    clocks = [
        (Clock(ZoneInfo("America/New_York"), 2026), "31 Dec 2025, 13:00 New York"),
        (Clock(ZoneInfo("Asia/Seoul"), 2026), "1 Jan, 03:00 Seoul"),
    ]
    for clock, written in clocks:
        with working.app.test_request_context("/"), writing(lambda clock=clock: clock):
            assert written in instant(at)


def test_figures_that_differ_are_shown_to_differ_and_money_as_money() -> None:
    """0.13 against 0.13 does not tell why it scores 59.83; 272,503.4 USD is read twice."""
    assert [number("1.2345", beside=other) for other in ("1.2312", "1.2345", None, "7")] == [
        "1.234",
        "1.23",
        "1.23",
        "1.23",
    ]
    assert [number("0.12504", beside=other) for other in ("0.12502", "0.1")] == ["0.12504", "0.125"]
    assert [amount(value) for value in ("272503.4", "125000", "0.0625", None)] == [
        "272,503.40",
        "125,000",
        "0.0625",
        ABSENT,
    ]


def test_a_refused_sign_in_is_called_one(working: Working) -> None:
    """Nothing was to be saved."""
    page = working.app.test_client().post("/login", data={"email": "nobody@agency.example", "password": "x"}).text
    assert "You are not signed in." in page
    assert "This was not saved." not in page
