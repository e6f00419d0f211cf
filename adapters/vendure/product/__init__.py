"""The catalogue of a Vendure shop."""
