"""What people agree on before a cycle runs: scorecards, shares of a target, bonuses, and whoever has a function in it."""
