"""What leads somebody who comes in: what waits for them, first steps, guides."""
