"""The order guide: short paths for one account, at `/guide` and on a port of its own."""
