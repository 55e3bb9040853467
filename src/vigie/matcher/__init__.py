"""Its own process: index files and the match answer; nothing else."""
