"""The IBKR Web API as a Client Portal Gateway serves it: at `/v1/api` and `/v1/portal`."""
