"""Square Loyalty: accounts, their movements, the programme."""
