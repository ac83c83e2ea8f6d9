"""Pure rules and values: the standard library and nothing else."""
