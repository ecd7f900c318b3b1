"""Rules of the house: layering, purity, sizes, names, mirrors, docs."""
