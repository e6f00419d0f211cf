"""Vendure's answers as they arrive. Amounts are integers whose scale the server states (`moneyStrategyPrecision`, the
same for every currency, so JPY has two digits too)."""
