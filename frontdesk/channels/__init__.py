"""Channels: one module for each way in and out, the website first.

A channel proves who writes, keeps the message once and answers from the record. What is said is not decided
here. Nothing of the staff console or the app may be imported.
"""
