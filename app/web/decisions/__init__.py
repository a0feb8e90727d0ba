"""What one person asks for and another agrees to: decisions, objections, corrections, accounts, as pages and API show and take them."""
