"""IBKR's Web API, at a Client Portal Gateway or at its own host, as a remote broker."""
