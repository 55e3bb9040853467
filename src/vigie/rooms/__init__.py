"""One folder per capability, the same file names in each."""
