"""The front desk: everything between the applicant, Rasa and CHHA's team.

Rooms, lowest first: settings; knowledge and records; conversations; applications; channels; staff; app.
A room may import the rooms below it, never one above (checked by import-linter).
"""
