"""The adapter for Holded: its calls, its JSON in our words, and its webhooks."""
