"""What is compiled once a test process, whatever application it is of: every test opens one of its own, and every server that is forked begins with one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

import werkzeug.routing

__all__ = ["Rule"]

_COMPILED: Final = ("_parts", "_trace", "_converters", "arguments")
"""What a rule knows once it is compiled, and nobody changes afterwards."""


class Rule(werkzeug.routing.Rule):
    """An address; what reads and writes it is compiled when it is first met."""

    _read: ClassVar[dict[tuple[object, ...], dict[str, Any]]] = {}
    _written: ClassVar[dict[tuple[object, ...], Callable[..., tuple[str, str]]]] = {}

    def compile(self) -> None:
        """As any rule, or like one that was compiled before: same text, same converters."""
        assert self.map is not None
        if self.defaults or self.map.host_matching:  # constants of its own
            super().compile()
            return
        key = (self.rule, self.subdomain, self.merge_slashes, *self.map.converters.values())
        if key not in self._read:
            super().compile()
            self._read[key] = {name: getattr(self, name) for name in _COMPILED}
            return
        vars(self).update(self._read[key])
        self._build = self._compile_builder(append_unknown=False).__get__(self, None)
        self._build_unknown = self._compile_builder(append_unknown=True).__get__(self, None)

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        if self.defaults:  # constants of its own
            return super()._compile_builder(append_unknown)
        key = (*self._trace, append_unknown)
        if key not in self._written:
            self._written[key] = super()._compile_builder(append_unknown)
        return self._written[key]
