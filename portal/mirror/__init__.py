"""Their data: what Stripe and Holded told us, rebuildable by `flask portal sync`."""
