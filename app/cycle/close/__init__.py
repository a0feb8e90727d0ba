"""How a cycle comes from its last day to its pay: certified, reviewed, told, objected to, locked, paid, reopened."""
