"""Receipts of tills."""
