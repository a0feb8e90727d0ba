"""What the product promises of its speed, each figure as a ratio to a baseline that is run in turn with it.

Only ratios carry over from one machine to another. Every pair is run A B A B …, and what is told is the median of the pairs' ratios.
"""
