"""The durable tape in one SQLite file, its readers, its snapshots and its verifier."""
