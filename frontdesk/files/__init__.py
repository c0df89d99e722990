"""Files that applicants hand in: what they are, where they lie, whether a scanner finds them clean.

May import records, knowledge and settings; knows nothing of conversations, channels or the console.
"""
