"""What is said in whole sentences: rows, cards, effects, reasons of a grade, and what to do about what was rejected."""
