"""Markets of remote brokers, with far ends that quote exactly what a test says."""
