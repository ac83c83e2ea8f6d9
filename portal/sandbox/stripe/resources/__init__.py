"""One module for each of Stripe's resources; see the package docstring for how to add one."""
