"""Target positions over HTTP."""
