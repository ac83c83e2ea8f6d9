"""What can happen, as verbs."""
