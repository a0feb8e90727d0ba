"""``python -m app`` is ``kopes``."""

from app.cli import main

if __name__ == "__main__":
    main()
