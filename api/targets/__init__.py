"""Target positions: a client names what it wants to hold, at `/api/v1`."""
