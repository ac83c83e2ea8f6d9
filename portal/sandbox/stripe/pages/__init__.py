"""The pages Stripe hosts: Checkout, 3-D Secure, the billing portal, vouchers; plain forms that
work with scripts off.
"""
