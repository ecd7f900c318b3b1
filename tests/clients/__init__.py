"""Published clients, unmodified, against a real server."""
