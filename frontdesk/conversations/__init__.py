"""Conversations: one ordered thread with each applicant, its one holder, and the turns that the bot takes in it.

Threads, holders and turns live here. Nothing of channels, staff or web frameworks may be imported; the functions
take a session inside a transaction of the record, and the caller commits.
"""
