"""Mails: what each says, to whom, in whose language. Made when they are sent, from what is true then.

Owns their words and their form, as plain text and as HTML. Promises that no mail tells of pay, and that one that is sent again carries the same
link. It sends none: that is the worker's.
"""

from app.mails.composing import TOPICS, compose

__all__ = ["TOPICS", "compose"]
