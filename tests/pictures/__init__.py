"""Pictures of every page, and axe's word on each: what `make pictures` and `make axe` run."""
