"""Our own tables: lost if they are deleted, unlike the mirror."""
