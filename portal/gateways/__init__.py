"""Doors to the providers: ports in our words, and an adapter for each provider."""
