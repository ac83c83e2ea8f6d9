"""The door to Stripe: calls, and the translation of its JSON into our words."""
