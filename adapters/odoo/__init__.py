"""Odoo 17 to 19 as a backend: products, prices, stock, stores, customers, loyalty, sales orders and till receipts."""
