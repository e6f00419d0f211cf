"""Sales orders and till receipts."""
