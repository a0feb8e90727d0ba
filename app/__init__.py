"""OpenKOPES: cascading KPI performance management for export-promotion agencies.

This file stays empty of code, so that a rule can be imported without the web, the database or the scheduler.
"""
