"""What the demo's providers know at the beginning: three merchants and their customers.

``words`` holds the vocabulary, a module per merchant what it says in it, ``history`` the clock that
runs from then to now, ``at_holded`` and ``at_stripe`` what writes it through the providers' APIs.
Everything is counted back from today, and the same day always gets the same data.
"""
