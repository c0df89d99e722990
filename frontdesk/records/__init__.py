"""Records: what an applicant or a member of staff did, kept in SQL.

Models, sessions and migrations live here and nothing else; no rule of the front desk does. Imports nothing
of the rooms above, and not `frontdesk.knowledge` beside it.
"""
