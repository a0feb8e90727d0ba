"""What a request asks: who asks, what they sent and typed, what they may see of a cycle, and how much one may take."""
