"""The WebSocket of the IBKR Web API: one conversation for each client, told by the hub."""
