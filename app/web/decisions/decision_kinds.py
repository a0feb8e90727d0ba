"""Every kind of decision that there is, in one table: a new one is listed here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from app.cycle import (
    AMEND,
    APPOINT,
    BONUS,
    CALIBRATE,
    CLAWBACK,
    IMPOSE,
    INSTITUTION,
    LET_LAPSE,
    LIFT,
    LINE_KINDS,
    LOCK,
    NO_EFFECT,
    NOTIFY,
    PAY_RUN,
    RATERS,
    REOPEN,
    REOPEN_RATING,
    STAGE,
    TARGET,
    certify_kind,
    correct_kind,
)
from app.decisions import DecisionKind
from app.intake import CHANGE, MASTER, adopt_files, file_sums
from app.notices import ACCOUNT

__all__ = ["DECISION_KINDS"]

DECISION_KINDS: Final[Mapping[str, DecisionKind]] = MappingProxyType(
    {
        kind.code: kind
        for kind in (
            ACCOUNT,
            AMEND,
            APPOINT,
            certify_kind(file_sums),
            BONUS,
            CALIBRATE,
            CLAWBACK,
            INSTITUTION,
            PAY_RUN,
            CHANGE,
            correct_kind(adopt_files),
            IMPOSE,
            LET_LAPSE,
            LIFT,
            *LINE_KINDS,
            LOCK,
            MASTER,
            NO_EFFECT,
            NOTIFY,
            RATERS,
            REOPEN,
            REOPEN_RATING,
            STAGE,
            TARGET,
        )
    }
)
"""By its name in the contract."""
