"""What is entered: the form of an activity, what it offers, and what it did to a score."""
