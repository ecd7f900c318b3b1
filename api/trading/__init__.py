"""The Trading API: the REST dialect of the engine, at `/` and at `/v1`."""
