"""The adapter of the IBKR Web API, against real servers on loopback."""
