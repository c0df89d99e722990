"""Custom actions, served to Rasa by rasa-sdk: thin, each one a way from a decision of Rasa to a service.

May import frontdesk's settings, knowledge, records, conversations and applications; never its web rooms.
"""
