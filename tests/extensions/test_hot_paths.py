"""What is worked out once and not for each message: a graph's order, an event's class, a slot's copy."""

from __future__ import annotations

import copy
import importlib.util
from dataclasses import dataclass

import pytest
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.engine.exceptions import GraphComponentException, GraphRunError
from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema, SchemaNode
from rasa.engine.runner import dask as rasas_module
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.shared.constants import DEFAULT_SENDER_ID
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, Event, SlotSet, UserUttered
from rasa.shared.core.slots import AnySlot, BooleanSlot, CategoricalSlot, FloatSlot, ListSlot, TextSlot
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.utils.common import all_subclasses

from extensions import hot_paths

TEXTS = [
    "what does it cost",
    "hello",
    "I want to apply",
    "I want to kill myself",
    "nothing that is known",
    "",
]


def untouched_run():
    """Rasa's own way through a graph, out of a second copy of its module."""
    spec = importlib.util.spec_from_file_location("rasas_untouched_runner", rasas_module.__file__)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.DaskGraphRunner.run


RASAS_RUN = untouched_run()
hot_paths.install()
OUR_RUN = rasas_module.DaskGraphRunner.run
BOTH = pytest.mark.parametrize("run", [OUR_RUN, RASAS_RUN], ids=["planned", "dask"])


# --- on the trained model ----------


@pytest.fixture(scope="module")
def processor(model):
    return Agent.load(model).processor


def heard(processor, *texts):
    """A tracker behind some messages, each understood and not answered yet."""
    tracker = DialogueStateTracker.from_events(DEFAULT_SENDER_ID, [], processor.domain.slots)
    for text in texts:
        tracker.update(ActionExecuted(ACTION_LISTEN_NAME))
        understood = parsed(OUR_RUN, processor, text, tracker)[0].as_dict(only_output_properties=True)
        tracker.update(UserUttered(text, understood["intent"], understood.get("entities")))
    return tracker


def parsed(run, processor, text, tracker):
    target = processor.model_metadata.nlu_target
    inputs = {"__message__": [UserMessage(text, message_id="m")], "__tracker__": tracker}
    return run(processor.graph_runner, inputs, [target])[target]


@pytest.mark.parametrize("text", TEXTS)
def test_a_message_is_understood_as_dask_lets_it_be_understood(processor, text):
    ours, rasas = (parsed(run, processor, text, heard(processor)) for run in (OUR_RUN, RASAS_RUN))

    assert [one.as_dict() for one in ours] == [one.as_dict() for one in rasas]


@pytest.mark.parametrize("text", TEXTS)
def test_the_next_action_is_the_one_that_dask_lets_be_chosen(processor, text):
    target = processor.model_metadata.core_target
    tracker = heard(processor, "hello", text)
    ours, rasas = (
        run(processor.graph_runner, {"__tracker__": tracker}, [target]) for run in (OUR_RUN, RASAS_RUN)
    )

    assert list(ours) == list(rasas) == [target]
    assert ours[target].__dict__ == rasas[target].__dict__


def test_without_named_targets_the_models_own_are_worked_out(processor):
    inputs = {"__message__": [UserMessage("hello")], "__tracker__": heard(processor, "hello")}
    ours, rasas = (run(processor.graph_runner, inputs) for run in (OUR_RUN, RASAS_RUN))

    assert set(ours) == set(rasas) == set(processor.graph_runner._graph_schema.target_names)


def test_one_message_after_another_leaves_nothing_of_the_one_before(processor):
    tracker = heard(processor)
    first, other, again = (
        parsed(OUR_RUN, processor, text, tracker)[0].get("intent") for text in ("hello", "apply", "hello")
    )

    assert first == again != other


# --- on graphs of a few nodes ----------


@dataclass
class Part(GraphComponent):
    """Adds, counts how often, and breaks when it is told to."""

    error: BaseException | None = None
    runs: int = 0

    @classmethod
    def create(cls, config, model_storage, resource, execution_context):
        return cls(config.get("error"))

    def add(self, first, second=0):
        self.runs += 1
        if self.error is not None:
            raise self.error
        return first + second


def node(needs, is_target=False, **config):
    return SchemaNode(
        needs=needs,
        uses=Part,
        fn="add",
        constructor_name="create",
        config=config,
        eager=True,
        is_target=is_target,
    )


@pytest.fixture
def runner(tmp_path):
    """A runner of the nodes that a test names."""

    def made(**nodes):
        schema = GraphSchema(nodes)
        storage = LocalModelStorage(tmp_path)
        return rasas_module.DaskGraphRunner(schema, storage, ExecutionContext(schema))

    return made


def diamond(runner):
    """Two ways from `low` to `top`; named so that neither the alphabet nor the listing is the order."""
    return runner(
        top=node({"first": "b_side", "second": "a_side"}, is_target=True),
        a_side=node({"first": "low"}),
        b_side=node({"first": "low", "second": "given"}),
        low=node({"first": "given"}),
    )


@BOTH
def test_what_two_nodes_need_is_worked_out_once_and_before_them(runner, run):
    made = diamond(runner)

    assert run(made, {"given": 3}) == {"top": 9}
    assert {name: one._component.runs for name, one in made._instantiated_nodes.items()} == dict.fromkeys(
        ["top", "a_side", "b_side", "low"], 1
    )


@BOTH
def test_what_no_target_needs_is_not_run(runner, run):
    made = diamond(runner)

    assert run(made, {"given": 3}, ["a_side"]) == {"a_side": 3}
    assert made._instantiated_nodes["b_side"]._component.runs == 0


@BOTH
def test_other_targets_later_are_worked_out_as_well(runner, run):
    made = diamond(runner)
    run(made, {"given": 3}, ["a_side"])

    assert run(made, {"given": 4}, ["b_side", "a_side"]) == {"b_side": 8, "a_side": 4}


@BOTH
def test_an_input_of_a_nodes_name_stands_for_the_node(runner, run):
    made = diamond(runner)

    assert run(made, {"given": 3, "low": 10}) == {"top": 23}
    assert made._instantiated_nodes["low"]._component.runs == 0


@pytest.mark.parametrize("inputs", [None, {}, {"other": 1}])
@BOTH
def test_a_missing_input_is_told_as_rasa_tells_it(runner, run, inputs):
    expected = (
        r"Missing input to run node '\w+'. Expected input 'given' to provide parameter '(first|second)'"
    )

    with pytest.raises(GraphRunError, match=expected):
        run(diamond(runner), inputs)


@BOTH
def test_a_component_that_breaks_is_told_with_its_node_and_its_error(runner, run):
    error = ValueError("broken")
    with pytest.raises(GraphComponentException, match="node top") as raised:
        run(runner(top=node({"first": "given"}, is_target=True, error=error)), {"given": 1})

    assert raised.value.__cause__ is error


@BOTH
def test_a_runtime_error_around_a_node_becomes_a_graph_run_error(runner, run):
    made = diamond(runner)
    error = RuntimeError("no thread left")

    def breaks(*_):
        raise error

    made._instantiated_nodes["low"] = breaks
    with pytest.raises(GraphRunError, match="Error running runner") as raised:
        run(made, {"given": 1})

    assert raised.value.__cause__ is error


# --- events and slots ----------


def test_every_kind_of_event_is_found_by_its_name_as_rasa_finds_it():
    kinds = {
        one.type_name for one in all_subclasses(Event) if isinstance(getattr(one, "type_name", None), str)
    }

    assert len(kinds) > 20
    for kind in kinds:
        assert Event.resolve_by_type(kind) is Event.resolve_by_type.__wrapped__(kind)
    assert Event.from_parameters({"event": "slot", "name": "a", "value": 1}) == SlotSet("a", 1)


def test_an_unknown_kind_of_event_is_refused_each_time():
    for _ in range(2):
        with pytest.raises(ValueError, match="Unknown event name 'nonsense'"):
            Event.resolve_by_type("nonsense")


def test_an_unknown_kind_of_event_is_what_the_caller_says_it_is():
    assert Event.resolve_by_type("nonsense", SlotSet) is SlotSet
    assert Event.resolve_by_type("topic") is None


SLOTS = [
    TextSlot("a", [], initial_value="x"),
    BooleanSlot("a", [], initial_value=True),
    FloatSlot("a", [], initial_value=0.5),
    ListSlot("a", [], initial_value=["x"]),
    CategoricalSlot("a", [], values=["x", "y"], initial_value="x"),
    AnySlot("a", [], initial_value={"x": 1}, influence_conversation=False),
]


@pytest.mark.parametrize("slot", SLOTS, ids=[type(slot).__name__ for slot in SLOTS])
def test_a_copied_slot_is_of_its_kind_and_equal(slot):
    copied = copy.copy(slot)

    assert type(copied) is type(slot)
    assert copied is not slot
    assert copied.__dict__ == slot.__dict__
    assert copied.as_feature() == slot.as_feature() if slot.has_features() else True


@pytest.mark.parametrize("slot", SLOTS, ids=[type(slot).__name__ for slot in SLOTS])
def test_what_happens_to_a_copied_slot_does_not_happen_to_its_original(slot):
    before = dict(slot.__dict__)
    copied = copy.copy(slot)
    copied.value = None
    copied.initial_value = None

    assert slot.__dict__ == before


def test_two_conversations_never_share_a_slot(processor):
    one, other = heard(processor), heard(processor)
    one.update(SlotSet("last_topic", "eras"))

    assert one.get_slot("last_topic") == "eras"
    assert other.get_slot("last_topic") is None
    assert all(slot.value is None for slot in processor.domain.slots if slot.name == "last_topic")


def test_installing_twice_changes_nothing_more():
    before = (rasas_module.DaskGraphRunner.run, Event.resolve_by_type)

    hot_paths.install()

    assert (rasas_module.DaskGraphRunner.run, Event.resolve_by_type) == before
