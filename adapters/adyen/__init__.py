"""Adyen Checkout: payments, captured by hand; refunds; stored methods. Results come by webhook."""
