"""Reading the log: acts as sentences, proofs of entries, no media."""
