"""The pages at ``/_sandbox/console/`` of each sandbox: look inside, and move what can be moved.

``pages.create`` makes them for anything that answers as ``inside.Inside``; each sandbox has an
``inside`` module of its own that does.
"""
