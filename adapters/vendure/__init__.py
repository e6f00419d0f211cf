"""Vendure 3: catalogue, prices, stock, stock locations, customers, orders and search of a web shop."""
