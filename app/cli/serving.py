"""Commands that run: placeholder until the servers stand."""

COMMANDS = ()
