"""Scoring the assistant on sets of examples, through Rasa's private door, as a person would write to it.

Reads any folder of files of the form of the validation sets; writes nothing into training data.
"""
