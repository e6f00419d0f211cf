"""Quants and kits."""
