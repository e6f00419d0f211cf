"""Square's records to the gateway's: pure functions, no I/O."""
