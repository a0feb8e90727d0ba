"""What pages and API do with what a cycle came to: calibration, reviews, tellings, pay, promotion."""
