"""A shop that speaks the vendor's Admin and Storefront GraphQL over a real socket, for the demo and the tests."""

from adapters.shopify.sandbox.server import ShopifySandbox, create

__all__ = ["ShopifySandbox", "create"]
