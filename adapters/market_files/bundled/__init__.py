"""Data files: synthetic one-minute bars, loaded by `adapters.market_files.bundle`."""
