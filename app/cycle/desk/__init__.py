"""Who is waited for: the board of everybody in a cycle, what waits for one person, and the mails that remind them."""
