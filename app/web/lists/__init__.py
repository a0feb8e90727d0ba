"""Lists as readers arrange them: their order, groups, and views that are kept."""
