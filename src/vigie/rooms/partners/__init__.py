"""Partner organisations: what they submit to a unit, and the opinions they are given on it. They see nothing else."""
