"""What is done while a cycle runs: decisions about lines, ratings, check-ins and the actions that they lead to."""
