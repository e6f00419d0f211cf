"""Paid by hand: at the counter when it is picked up, by invoice, by bank transfer. No processor stands behind it."""
