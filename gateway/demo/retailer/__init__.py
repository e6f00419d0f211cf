"""The demo's retailer, designed and not random: everything follows from one seed, and where the systems disagree is
written down in `disagreements.py`."""

from gateway.demo.retailer.backends import VENDORS, seeds
from gateway.demo.retailer.disagreements import DISAGREEMENTS

__all__ = ["DISAGREEMENTS", "VENDORS", "seeds"]
