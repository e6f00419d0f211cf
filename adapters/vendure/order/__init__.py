"""Orders of a Vendure shop."""
