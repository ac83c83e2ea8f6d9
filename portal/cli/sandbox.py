"""`flask portal sandbox stripe|holded|mail`: an imitation provider for a project of one's own."""

from portal.sandbox.commands import sandbox

__all__ = ["sandbox"]
