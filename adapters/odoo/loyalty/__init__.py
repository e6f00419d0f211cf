"""Loyalty cards, programmes and their rules."""
