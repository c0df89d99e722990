"""The app: the rooms wired into processes. Nothing imports from here."""
