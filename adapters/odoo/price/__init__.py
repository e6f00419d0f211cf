"""Price lists and their rules, taxes, and what this version of Odoo charges."""
