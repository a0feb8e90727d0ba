"""What is made for people to take away, some of it in the background."""
