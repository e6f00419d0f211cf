"""A real retailer, read at run time from public data sets and never copied: see README.md in this folder."""
