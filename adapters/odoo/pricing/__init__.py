"""Odoo's price lists, evaluated from their rules; and its own dry run, asked when freshness demands it."""
