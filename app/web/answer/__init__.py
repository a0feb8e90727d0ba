"""How a request is answered: the one door of routes, what handlers return, and the frame of every page."""
