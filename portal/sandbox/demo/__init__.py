"""The demo: the portal's own processes, the imitation providers and a mailbox, as one tree.

``supervisor`` starts and watches them, ``data`` says what the providers know at the beginning.
"""
