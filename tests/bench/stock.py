"""Benchmark, pure part: the files of a stock Rasa assistant that answers what ours answers.

As `rasa init` sets one up: its default pipeline and policies, responses in the domain, a form with text
slots, the REST channel, conversations in memory; no custom actions. Only the content is ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

# What `rasa init` trains when nothing is chosen: rasa/engine/recipes/config_files/default_config.yml, 3.6.21.
CONFIG = """\
recipe: default.v1
assistant_id: stock
language: en
pipeline:
- name: WhitespaceTokenizer
- name: RegexFeaturizer
- name: LexicalSyntacticFeaturizer
- name: CountVectorsFeaturizer
- name: CountVectorsFeaturizer
  analyzer: char_wb
  min_ngram: 1
  max_ngram: 4
- name: DIETClassifier
  epochs: 100
  constrain_similarities: true
- name: EntitySynonymMapper
- name: ResponseSelector
  epochs: 100
  constrain_similarities: true
- name: FallbackClassifier
  threshold: 0.3
  ambiguity_threshold: 0.1
policies:
- name: MemoizationPolicy
- name: RulePolicy
- name: UnexpecTEDIntentPolicy
  max_history: 5
  epochs: 100
- name: TEDPolicy
  max_history: 5
  epochs: 100
  constrain_similarities: true
"""
CREDENTIALS = "rest:\n"
ENDPOINTS = "{}\n"
# Rasa's RulePolicy has rules of its own for these; a second one would contradict them.
RULED_BY_RASA = frozenset({"back", "restart", "session_start"})
FORM = "application_form"
SENT = "utter_application_sent"
NOT_UNDERSTOOD = "nlu_fallback"
VERSION = "3.1"


def families(labels: Iterable[str]) -> tuple[list[str], list[str]]:
    """The top-level intents, and which of them have labels below (`faq` of `faq/rotation_cost`)."""
    intents = list(dict.fromkeys(label.partition("/")[0] for label in labels))
    with_labels = {label.partition("/")[0] for label in labels if "/" in label}
    return intents, [intent for intent in intents if intent in with_labels]


def domain(
    labels: Sequence[str], texts: Mapping[str, str], fields: Mapping[str, str], entities: Sequence[str]
) -> dict[str, Any]:
    """The stock domain.

    Args:
        labels: all labels of the training data.
        texts: label → what is answered; a label without one gets a plain sentence.
        fields: the form's fields, in order, with the question for each.
        entities: entity names that the data may mark.
    """
    intents, with_labels = families(labels)
    responses: dict[str, Any] = {}
    for label in labels:
        text = (
            texts.get(label) or f"This is what we can say about {label.rpartition('/')[2].replace('_', ' ')}."
        )
        responses[f"utter_{label}"] = [{"text": text}]
    responses[f"utter_{NOT_UNDERSTOOD}"] = [
        {"text": texts.get(NOT_UNDERSTOOD) or "Please say it in other words."}
    ]
    responses[SENT] = [{"text": "Thank you, your application was sent."}]
    for field, question in fields.items():
        responses[f"utter_ask_{FORM}_{field}"] = [{"text": question}]
    made = {
        "version": VERSION,
        "intents": intents,
        "actions": [f"utter_{intent}" for intent in with_labels],
        "responses": responses,
        "slots": {field: _text_slot(field) for field in fields},
        "forms": {FORM: {"required_slots": list(fields)}},
        "session_config": {"session_expiration_time": 60, "carry_over_slots_to_new_session": True},
    }
    return {**made, "entities": list(entities)} if entities else made


def _text_slot(field: str) -> dict[str, Any]:
    bound = [{"active_loop": FORM, "requested_slot": field}]
    return {"type": "text", "mappings": [{"type": "from_text", "conditions": bound}]}


def rules(labels: Sequence[str]) -> dict[str, Any]:
    """One rule an intent, the form's two, and one for what is not understood."""
    made: list[dict[str, Any]] = []
    for intent in [*families(labels)[0], NOT_UNDERSTOOD]:
        if intent in RULED_BY_RASA or intent == "apply":
            continue
        made.append(
            {"rule": f"Answer {intent}", "steps": [{"intent": intent}, {"action": f"utter_{intent}"}]}
        )
    made.append(
        {
            "rule": "Start the form",
            "steps": [{"intent": "apply"}, {"action": FORM}, {"active_loop": FORM}],
        }
    )
    made.append(
        {
            "rule": "End the form",
            "condition": [{"active_loop": FORM}],
            "steps": [
                {"action": FORM},
                {"active_loop": None},
                {"slot_was_set": [{"requested_slot": None}]},
                {"action": SENT},
            ],
        }
    )
    return {"version": VERSION, "rules": made}


def stories(labels: Sequence[str]) -> dict[str, Any]:
    """A few dialogues, as `rasa init` has, for the policies that learn from dialogues."""
    intents = set(families(labels)[0])

    def told(name: str, *asked: str) -> dict[str, Any]:
        steps = [step for intent in asked for step in ({"intent": intent}, {"action": f"utter_{intent}"})]
        return {"story": name, "steps": steps}

    apply = [
        {"intent": "apply"},
        {"action": FORM},
        {"active_loop": FORM},
        {"active_loop": None},
        {"action": SENT},
    ]
    made = [
        told("ask", "chitchat", "faq", "chitchat"),
        told("ask twice", "chitchat", "faq", "faq", "chitchat"),
        told("ask for what is not done here", "faq", "decline", "faq"),
        told("ask for a person", "chitchat", "faq", "human"),
    ]
    made = [
        story
        for story in made
        if all(step.get("intent") is None or step["intent"] in intents for step in story["steps"])
    ]
    if "apply" in intents:
        made.append({"story": "apply", "steps": apply})
        if "faq" in intents:
            made.append({"story": "ask and apply", "steps": [*told("", "faq")["steps"], *apply]})
    return {"version": VERSION, "stories": made}


def files(
    nlu: Mapping[str, str],
    texts: Mapping[str, str],
    fields: Mapping[str, str],
    entities: Sequence[str] = (),
) -> dict[str, str]:
    """All files of the stock project: path → content.

    Args:
        nlu: file name → content of the training data, used as it is.
    """
    labels = labels_of(nlu)
    return {
        "config.yml": CONFIG,
        "credentials.yml": CREDENTIALS,
        "endpoints.yml": ENDPOINTS,
        "domain.yml": _yaml(domain(labels, texts, fields, entities)),
        "data/rules.yml": _yaml(rules(labels)),
        "data/stories.yml": _yaml(stories(labels)),
        **{f"data/nlu/{name}": content for name, content in nlu.items()},
    }


def labels_of(nlu: Mapping[str, str]) -> list[str]:
    """The labels of training data, in order."""
    found = [
        entry["intent"]
        for content in nlu.values()
        for entry in (yaml.safe_load(content) or {}).get("nlu", [])
        if "intent" in entry
    ]
    return list(dict.fromkeys(found))


def sampled(content: str, each: int) -> str:
    """The first `each` examples of every label of one file, spread over it; all else as it is."""
    data = yaml.safe_load(content)
    for entry in data.get("nlu", []):
        if "intent" in entry:
            lines = [line for line in entry["examples"].splitlines() if line.strip()]
            step = max(1, len(lines) // each)
            entry["examples"] = "\n".join(lines[::step][:each]) + "\n"
    return _yaml(data)


def count_examples(nlu: Mapping[str, str]) -> int:
    """How many examples the training data hold."""
    return sum(
        len([line for line in entry["examples"].splitlines() if line.strip()])
        for content in nlu.values()
        for entry in (yaml.safe_load(content) or {}).get("nlu", [])
        if "intent" in entry
    )


def _yaml(content: Any) -> str:
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=1000)
