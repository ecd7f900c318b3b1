"""Market data as columns in memory: bars, quotes, resampling, merging, history, calendars."""
