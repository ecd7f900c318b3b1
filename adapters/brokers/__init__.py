"""Every broker that can stand behind the engine, one folder each."""
