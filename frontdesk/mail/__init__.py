"""Letters to applicants and staff: written from `knowledge/mail.yml`, kept in an outbox, delivered by SMTP.

May import records, knowledge and settings; knows nothing of conversations, channels or the console.
"""
