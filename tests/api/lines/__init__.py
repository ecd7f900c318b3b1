"""The lines to remote brokers, with far ends that do exactly what a test says."""
