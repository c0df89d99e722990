"""Conversations: one ordered thread with each applicant, its one holder, and the bot's turns in it.

Nothing of channels, staff or web frameworks may be imported. The functions take a session inside a
transaction of the record, and the caller commits.
"""
