"""What rules and tools both speak of and neither owns: problems as data, JSON as text. It has heard of no KPI, no database and no request."""
