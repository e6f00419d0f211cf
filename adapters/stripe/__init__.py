"""Stripe: payment intents, captured by hand; refunds; the customer's stored payment methods."""
