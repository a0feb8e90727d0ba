"""Names are found however they are typed, and each day's events have a checksum by which what was worked out is kept."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STRETCH = 20_000
# As app.ledger.tally adds them up in this version.
DIGITS = 9
# As app.rules.names folds in this version.
ACCENTED = ("LATIN ", "GREEK ", "CYRILLIC ")
UNDIVIDED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"})


@functools.lru_cache(maxsize=16384)
def _folded(text: str) -> str:
    """A name by which searches compare: without case, accents and widths, Hangul whole, one space between words."""
    letters: list[str] = []
    accented = False
    for letter in unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()):
        kind = unicodedata.category(letter)
        if kind == "Cf" or (kind == "Mn" and accented):
            continue
        if kind != "Mn":
            accented = unicodedata.name(letter, "").startswith(ACCENTED)
        letters.append(letter)
    return " ".join(unicodedata.normalize("NFC", "".join(letters)).translate(UNDIVIDED).split())


def _stretches(table: str) -> Iterator[dict[str, int]]:
    last = op.get_bind().scalar(sa.text(f"SELECT max(seq) FROM {table}")) or 0  # noqa: S608 - no value from outside
    return ({"first": start, "last": start + STRETCH - 1} for start in range(0, last + 1, STRETCH))


def _fill_search() -> None:
    """The names of each activity, folded: each name once, for most are met again and again."""
    names = ("company_name", "company_registration", "buyer_name", "buyer_registration")
    activity = sa.table("activity", sa.column("seq"), sa.column("search"), *(sa.column(name) for name in names))
    update = (
        sa.update(activity)
        .where(activity.c.seq == sa.bindparam("of"))
        .values(search=sa.bindparam("folded", type_=sa.Text()))
    )
    for span in _stretches("activity"):
        query = sa.select(activity.c.seq, *(activity.c[name] for name in names))
        rows = op.get_bind().execute(query.where(activity.c.seq.between(span["first"], span["last"]))).all()
        if rows:
            op.get_bind().execute(
                update,
                [{"of": seq, "folded": "\n".join(_folded(name) for name in rest if name)} for seq, *rest in rows],
            )


def _fill_tally() -> None:
    """How many events each day has, and the sums over their keys and hashes."""
    tally: dict[object, list[int]] = {}
    event = sa.table("event", *(sa.column(name) for name in ("seq", "key", "hash")), sa.column("day", sa.Date))
    for span in _stretches("event"):
        query = sa.select(event.c.day, event.c.key, event.c.hash)
        for day, key, content in op.get_bind().execute(query.where(event.c.seq.between(span["first"], span["last"]))):
            held = tally.setdefault(day, [0, 0, 0])
            for place, number in enumerate((1, int(key[:DIGITS], 16), int(content[:DIGITS], 16))):
                held[place] += number
    if tally:
        op.bulk_insert(
            sa.table("day_tally", sa.column("day", sa.Date), *map(sa.column, ("lane", "events", "keys", "contents"))),
            [
                {"day": day, "lane": 0, "events": events, "keys": keys, "contents": contents}
                for day, (events, keys, contents) in tally.items()
            ],
        )


def upgrade() -> None:
    """Bring the schema forward."""
    code = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.add_column("activity", sa.Column("search", code, server_default="", nullable=False))
    op.create_table(
        "day_tally",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("keys", sa.BigInteger(), nullable=False),
        sa.Column("contents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "lane", name="pk_day_tally"),
    )
    _fill_search()
    _fill_tally()


def downgrade() -> None:
    """Take it back."""
    op.drop_table("day_tally")
    op.drop_column("activity", "search")
