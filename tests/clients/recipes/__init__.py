"""The recipes of the worker document, as it prints them."""
