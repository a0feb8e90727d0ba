"""Particles after what fills a place: the expected sentences are as a Korean would write them, and none is made by the rule under test."""

from __future__ import annotations

import pytest

from app.plain.korean import with_particles


@pytest.mark.parametrize(
    ("message", "value", "expected"),
    [
        ("%(x)s(으)로 변경", "10", "10으로 변경"),
        ("%(x)s(으)로 변경", "11", "11로 변경"),
        ("%(x)s(으)로 변경", "12", "12로 변경"),
        ("%(x)s(으)로 변경", "13", "13으로 변경"),
        ("%(x)s(으)로 변경", "1,000,000", "1,000,000으로 변경"),
        ("%(x)s(으)로 변경", "3,000,000,000,000", "3,000,000,000,000로 변경"),
        ("%(x)s(으)로 변경", "0.30", "0.30으로 변경"),
        ("%(x)s(으)로 변경", "서울", "서울로 변경"),
        ("%(x)s(으)로 변경", "무역관", "무역관으로 변경"),
        ("%(x)s을(를) 폐기", "키", "키를 폐기"),
        ("%(x)s을(를) 폐기", "CRM", "CRM을 폐기"),
        ("%(x)s이(가) 유지", "26", "26이 유지"),
        ("%(x)s이(가) 유지", "95\N{NO-BREAK SPACE}%", "95\N{NO-BREAK SPACE}%가 유지"),
        ("%(x)s와(과) 공유", "빈 무역관", "빈 무역관과 공유"),
        ("%(x)s과(와) 같이", "본부", "본부와 같이"),
        ("“%(x)s”은(는) 없습니다", "12.500,5", "“12.500,5”는 없습니다"),
        ("“%(x)s”(이)라는 직원", "김", "“김”이라는 직원"),
        ("“%(x)s”(이)라는 직원", "이수", "“이수”라는 직원"),
        ("%(x)s은(는) 속해", "2026. 3. 2.", "2026. 3. 2.은 속해"),
        ("%(x)s은(는) 속해", '<time datetime="2026-03-02">2026. 3. 2.</time>', '<time datetime="2026-03-02">2026. 3. 2.</time>은 속해'),
        ("%(x)s은(는) 재직", "김민수 (E0001)", "김민수 (E0001)는 재직"),
        ("%(x)s은(는) 재직", "Jong", "Jong은(는) 재직"),
        ("%(x)s은(는) 재직", "", "은(는) 재직"),
    ],
)  # fmt: skip
def test_the_form_goes_by_the_last_sound_of_what_fills_the_place(message: str, value: str, expected: str) -> None:
    """Digits as they are read, ㄹ before 로, brackets and marks unheard; where a word may be read in two ways both forms stay."""
    assert with_particles(message, {"x": value}) % {"x": value} == expected


def test_what_was_typed_keeps_its_letters() -> None:
    """Only the translation's own particles are chosen, never those of a text that somebody wrote."""
    typed = "목표는 %(y)s은(는) 10(으)로"
    assert with_particles("%(x)s을(를) 저장", {"x": typed}) % {"x": typed} == f"{typed}를 저장"
