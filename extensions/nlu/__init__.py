"""Room: extensions/nlu. The NLU engine that runs inside Rasa 3.6.21 as four graph components.

Pipeline of `config.yml` (order matters; every option shown is the default and may be left out):

```yaml
pipeline:
- name: extensions.nlu.normalizer.MessageNormalizer        # cleaning, spelling, language, sentences
  max_characters: 4000
- name: extensions.nlu.gazetteer.GazetteerEntityExtractor  # entities from knowledge/vocabulary/*.yml
- name: extensions.nlu.sentence_classifier.SentenceClassifier
  seed: 7
- name: extensions.nlu.safety.SafetyDetector               # crisis, emergency, harassment: the last word
```

Every message then carries `understanding` (parts, decision, safety, language, is_question, in_scope), which
custom actions find in `tracker.latest_message`. A follow-up is read in context when the channel passes
`metadata["context"] = {"topic": …, "subject": …, "form": …}`.

Before the first training: `python -m extensions.nlu.build_encoder` writes the encoder's graph into the cache
folder (`CHHA_CACHE`, default `var/cache`); training and loading build it themselves when `onnx` is installed.
Measure with `python -m extensions.nlu.measure FOLDER`. Nothing here imports torch or TensorFlow.
"""
