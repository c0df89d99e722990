"""Rasa's room: the rule policy without Rasa's hidden intents, and without reading what no rule asks about.

May change: which built-in shortcuts are off, and how much of a conversation is read. Must not import:
frontdesk, actions (another Python).
"""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, List, Optional, Tuple

from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH, RulePolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.events import ActionExecuted
from rasa.shared.core.trackers import DialogueStateTracker


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class ShortcutFreeRulePolicy(RulePolicy):
    """RulePolicy in which `restart`, `back` and `session_start` are intents like any other.

    Rasa 3.6.21 maps these names to actions that overrule every rule and form (`rule_policy.py`,
    DEFAULT_ACTION_MAPPINGS): `back` rewinds the last turn, `restart` forgets the conversation. An applicant
    who says "go back" means the form's previous question.
    """

    # In states, of a policy that was loaded; a rule's key is the JSON of its states.
    _longest_rule: Optional[int] = None

    @classmethod
    def load(cls, *arguments: Any, **keywords: Any) -> "ShortcutFreeRulePolicy":
        """Read a trained policy (see RulePolicy)."""
        policy = super().load(*arguments, **keywords)
        rules = [*policy.lookup.get(RULES, {}), *policy.lookup.get(RULES_FOR_LOOP_UNHAPPY_PATH, {})]
        policy._longest_rule = max((len(json.loads(rule)) for rule in rules), default=1)
        return policy

    @staticmethod
    def _find_action_from_default_actions(
        tracker: DialogueStateTracker,
    ) -> Tuple[Optional[str], Optional[str]]:
        return None, None

    def _find_action_from_rules(
        self, tracker: DialogueStateTracker, domain: Domain, use_text_for_last_user_input: bool
    ) -> Tuple[Optional[str], Optional[str], bool]:
        # Rasa first matches each message's text, then its intent, each time over the whole history. Without
        # a rule that quotes a text the first search finds nothing, a tenth of a turn later.
        if use_text_for_last_user_input and not any('"text"' in rule for rule in self.lookup.get(RULES, {})):
            return None, None, False
        return super()._find_action_from_rules(tracker, domain, use_text_for_last_user_input)

    def _prediction_states(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        use_text_for_last_user_input: bool = False,
        rule_only_data: Optional[Dict[str, Any]] = None,
    ) -> List[State]:
        """The last states of a conversation, as many as the longest rule asks about.

        Rasa makes a state of every action there was, for each decision anew: a tenth of a turn. Rules are
        compared from the last state backwards, so what lies before the longest of them decides nothing.
        """
        if self._longest_rule is None:  # still in training
            return super()._prediction_states(tracker, domain, use_text_for_last_user_input, rule_only_data)
        states = [
            domain._clean_state(domain.get_active_state(seen))
            for seen in _last_seen(tracker, self._longest_rule)
        ]
        self.featurizer._choose_last_user_input([states], use_text_for_last_user_input)
        return states


def _last_seen(tracker: DialogueStateTracker, count: int) -> Iterator[DialogueStateTracker]:
    """The tracker as it was before each of its last actions and as it is now, `count` times at most.

    It is one tracker that goes on from step to step: whatever is read of it must be read at once.
    """
    applied = tracker.applied_events()
    actions = [place for place, event in enumerate(applied) if isinstance(event, ActionExecuted)]
    wanted = set(actions[max(0, len(actions) - count + 1) :])
    seen = tracker.init_copy()
    for place, event in enumerate(applied):
        if place in wanted:
            yield seen
        seen.events.append(event)
        event.apply_to(seen)
    yield seen
