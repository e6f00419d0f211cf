"""One module per data domain: which requests answer it. Each method is one of the ports'."""
