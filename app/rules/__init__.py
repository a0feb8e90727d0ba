"""What is right: pure functions on plain values, a module per section of the domain.

Nothing here knows a framework, a database, a clock, a disk or chance.
The same input gives the same output in the same order, so a figure can be recomputed for ever.
"""
