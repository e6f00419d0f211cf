"""Customers over several systems: who they are there (`links`), and the golden record (`golden`)."""

from gateway.services.customers.golden import Customers
from gateway.services.customers.links import CustomerLinks, unheard

__all__ = ["CustomerLinks", "Customers", "unheard"]
