"""A second calculation: what must come out, worked out a second way by plain brute force.

The modules here never import ``app``. They follow the text of the contract line by line, with fractions and without any care for
speed, so that a test can put an agency and its events through both and compare::

    from tests.reference.agency import ReferenceAgency, accepted_and_rejected
    from tests.reference.random_agency import random_agency

    random_agency(7, people=12, units=6, events=120, folder=tmp_path)
    # writes tmp_path/agency/*.csv, tmp_path/definitions/*.yaml and tmp_path/events.ndjson

    reference = ReferenceAgency.read(tmp_path / "agency", tmp_path / "definitions", events)
    reference.outcomes  # "accepted", "duplicate" or "rejected", an event each
    reference.scores(2026, basis="final", as_of=None, today=date(2026, 11, 24))
    reference.grades_employees(2026).rows  # and .broken, the names of the rules that they break
    reference.grades_units(2026).rows

Figures are :class:`fractions.Fraction` (roots to fifty decimals), so convert before comparing; ``tests.reference.comparison`` does,
by node and KPI and with a tolerance, and says where two lists differ. A scorecard's ``projected_score`` is None before anything
can be projected. The seed of a random agency is its name: print it when a property fails.

Do not mend the reference after a test has failed. Read the contract first: one of the two is wrong, and
the text decides which.
"""
