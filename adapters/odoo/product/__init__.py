"""Templates with their variants."""
