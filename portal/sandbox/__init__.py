"""Stand-ins for the providers: WSGI apps with their own state, a clock to move and real signed
webhooks.

Nothing here imports the product, and the product imports nothing from here.
"""
