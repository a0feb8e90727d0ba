"""Tools that have never heard of a KPI: settings, clock, database, files, refusals."""
