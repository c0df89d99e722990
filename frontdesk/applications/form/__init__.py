"""The heart of the application: one message in, what is said and what changes out. Pure.

Nothing is read or written here but the arguments: the record is `drafts.py`'s concern, how a marker is
answered the actions'. What is said stands in `knowledge/application.yml`.

Rooms, each importing only those named before it: `states` (what goes in and comes out), `sheet` (the turn
being written), `reading`, `questions`, `noting`, `doubts`, `interruptions`, `correcting`, `agreeing`,
`answering`, `ways_out`, `commanding`, `decisions`, `buttons`, `safety`, `private_numbers`, `dialogue` (the
order of a turn).
"""
