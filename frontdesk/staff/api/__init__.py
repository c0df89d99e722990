"""The console's API under `/api/desk/v1`: what staff do in the console, for programs with a key.

The same services as the pages, the same audit log; errors are `application/problem+json`.
"""
