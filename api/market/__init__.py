"""Which market each account sees, and how a remote broker's market comes here."""
