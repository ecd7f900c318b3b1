"""The suite: units mirror the sources; contract, simulation, crash and clients test wholes."""
