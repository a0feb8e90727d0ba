"""What the themes promise: every token in each, and text that can be read on whatever it stands on, worked out as WCAG does."""

from __future__ import annotations

import re
from itertools import product

import pytest

from app.web.looks.assets import KRDS_TOKENS, STATIC
from app.web.looks.themes import written_out

SHEET = (STATIC / "tokens.css").read_text(encoding="utf-8")
WRITTEN = written_out(SHEET, KRDS_TOKENS.read_text(encoding="utf-8"))
RULE = re.compile(r"@media ([^{]+?) \{ (:root\S*) \{\n(.*?)\n\} \}", re.DOTALL)
DECLARATION = re.compile(r"--([\w-]+):\s*([^;]+);")

GROUNDS = ("ground", "surface", "surface-sunk", "surface-hover")
READ_ON = {
    **dict.fromkeys(("ink", "ink-soft", "ink-faint", "accent", "accent-strong", "good", "caution", "bad"), GROUNDS),
    "on-accent": ("accent",),
    "on-fill": ("fill", "fill-strong"),
    "on-header": ("header", "header-hover"),
    "on-header-soft": ("header", "header-hover"),
    "on-band": tuple(f"band-{letter}" for letter in ("S", "A", "B", "C", "D", "E", "none")),
}
ON_THEIR_OWN = [
    ("accent", "accent-soft"),
    ("accent-strong", "accent-soft"),
    *product(("ink", "accent"), ("accent-soft", "good-soft", "caution-soft", "bad-soft")),
    *((kind, f"{kind}-soft") for kind in ("good", "caution", "bad")),
]
READ = [(text, ground) for text, grounds in READ_ON.items() for ground in grounds] + ON_THEIR_OWN
SEEN = [
    *product(("line-strong", "fill", "focus"), ("ground", "surface")),
    *product(("chart-measure", "chart-target", "chart-projection", *READ_ON["on-band"]), ("surface",)),
]
LIGHT = dict(DECLARATION.findall(WRITTEN.partition("}")[0]))


def themes() -> dict[str, dict[str, str]]:
    """Each theme's tokens, those that it leaves alone from the light one."""
    chosen = {
        root: dict(DECLARATION.findall(said)) for medium, root, said in RULE.findall(WRITTEN) if medium == "screen"
    }
    return {"light": LIGHT} | {root[len(':root[data-theme="') : -2]: LIGHT | said for root, said in chosen.items()}


def contrast(one: str, other: str) -> float:
    """The ratio of two colours by WCAG 2."""
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """How bright a colour is, by WCAG 2."""
    assert re.fullmatch("#[0-9a-f]{6}", colour), colour
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_each_theme_is_there_for_who_chose_it_and_for_whose_system_asks_for_it() -> None:
    """The same values for both, each written once in the source; the later of two that match is high contrast; paper has none of them."""
    assert list(themes()) == ["light", "dark", "contrast"]
    rules = RULE.findall(WRITTEN)
    assert [(medium, root) for medium, root, _ in rules] == [
        ("screen and (prefers-color-scheme: dark)", ':root[data-theme="system"]'),
        ("screen", ':root[data-theme="dark"]'),
        ("screen and (prefers-contrast: more)", ':root[data-theme="system"]'),
        ("screen", ':root[data-theme="contrast"]'),
    ]
    assert rules[0][2] == rules[1][2]
    assert rules[2][2] == rules[3][2]
    assert "--krds" not in WRITTEN.partition("*/")[2]
    assert "@theme" not in WRITTEN.partition("*/")[2]


@pytest.mark.parametrize("theme", ["dark", "contrast"])
def test_a_theme_has_no_token_of_its_own_and_says_every_colour_that_text_has(theme: str) -> None:
    """A token that one theme alone has would be nothing in the others; a colour of the light theme is seldom right in the dark."""
    said = dict(DECLARATION.findall(next(said for _, root, said in RULE.findall(WRITTEN) if theme in root)))
    assert said.keys() <= LIGHT.keys()
    assert {text for text, _ in READ} - {"on-fill"} <= said.keys()


@pytest.mark.parametrize(("theme", "least"), [("light", 4.5), ("dark", 4.5), ("contrast", 7)])
def test_text_is_legible_on_whatever_it_stands_on(theme: str, least: float) -> None:
    """4.5 : 1 in every theme, 7 : 1 in high contrast; what is seen and not read, 3 : 1."""
    tokens = themes()[theme]
    ratios = {(text, ground): contrast(tokens[text], tokens[ground]) for text, ground in READ}
    assert {pair: round(ratio, 2) for pair, ratio in ratios.items() if ratio < least} == {}
    shapes = {pair: contrast(tokens[pair[0]], tokens[pair[1]]) for pair in SEEN}
    assert {pair: round(ratio, 2) for pair, ratio in shapes.items() if ratio < 3} == {}


def test_every_token_that_a_style_or_script_names_is_there() -> None:
    """A misspelt token is no error in a browser: the rule is left out without a word."""
    named = re.compile(r"(?:var\(|token\([\"'`])--([a-z][\w-]*)")
    files = [file for kind in ("css", "js") for file in STATIC.rglob(f"*.{kind}") if "gen" not in file.parts]
    unknown = {
        f"{file.name}: {name}"
        for file in files
        for name in named.findall(file.read_text(encoding="utf-8"))
        if name not in LIGHT and not name.startswith("krds-") and not name.endswith("-")
    }
    assert unknown == set()
