"""Knowledge: what the assistant may say, read from `knowledge/*.yml` and `organization.yml`.

Content is data: an edited file is taken up at the next question, without training or restart; a broken one
is refused with a sentence and the last good one stays. Imports nothing of the other rooms but settings.
"""
