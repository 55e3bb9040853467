"""Content, where it was found, its fingerprints, its renditions and who looked."""
