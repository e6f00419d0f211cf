"""Square: tills, their stock, prices, receipts, customers and loyalty. See README.md in this folder."""
