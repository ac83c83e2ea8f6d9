"""The customer portal for merchants who bill with Stripe and invoice with Holded."""
