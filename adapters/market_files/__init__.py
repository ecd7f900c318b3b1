"""Market data on disk: CSV and Parquet in and out, exchange calendars, a bundled synthetic set."""
