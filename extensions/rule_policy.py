"""Rasa's room: the rule policy without Rasa's hidden intents.

May change: nothing but which built-in shortcuts are off. Must not import: frontdesk, actions (another
Python).
"""

from __future__ import annotations

from typing import Optional, Tuple

from rasa.core.policies.rule_policy import RULES, RulePolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class ShortcutFreeRulePolicy(RulePolicy):
    """RulePolicy in which `restart`, `back` and `session_start` are intents like any other.

    Rasa 3.6.21 maps these names to actions that overrule every rule and form (`rule_policy.py`,
    DEFAULT_ACTION_MAPPINGS): `back` rewinds the last turn, `restart` forgets the conversation. An applicant
    who says "go back" means the form's previous question.
    """

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
