"""The edge against a remote broker: a process with books of its own, behind a real socket."""
