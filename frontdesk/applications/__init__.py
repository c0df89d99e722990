"""The application room: fields, parsing of answers, drafts, the form's conversation, sending, status, export.

May import `frontdesk.{settings,knowledge,records,conversations}`; never channels, staff, app or actions.
"""
