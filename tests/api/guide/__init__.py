"""The order guide over HTTP."""
