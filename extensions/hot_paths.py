"""Rasa's room: what Rasa works out anew for each message although it never changes, worked out once.

May change: which of Rasa's functions are replaced; each does what Rasa's does, sooner. Must not import:
frontdesk, actions (another Python).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Dict, List, Optional, Tuple

from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import GraphNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.events import Event
from rasa.shared.core.slots import Slot

# A node, its name and the names of what it takes, in the order of its parameters.
_Step = Tuple[str, GraphNode, Tuple[str, ...]]


def install() -> None:
    """Replace them, in every model that this process loads. Doing it twice does nothing more.

    Of an answer that took Rasa 3.6.21 and our components 30 ms:

    - 2 ms went into dask, which copies the graph, plans its order and queues every node for each run;
    - 1 ms into a search through all classes of events, once an event;
    - 1 ms into copies of slots: `copy.copy` goes the long way of pickling.
    """
    DaskGraphRunner.run = _run  # type: ignore[method-assign]
    if not hasattr(Event.resolve_by_type, "cache_info"):
        Event.resolve_by_type = staticmethod(  # type: ignore[method-assign]
            lru_cache(maxsize=None)(Event.resolve_by_type)
        )
    Slot.__copy__ = _copied  # type: ignore[attr-defined]


def _copied(slot: Slot) -> Slot:
    copied = object.__new__(type(slot))
    copied.__dict__.update(slot.__dict__)
    return copied


def _run(
    self: DaskGraphRunner,
    inputs: Optional[Dict[str, Any]] = None,
    targets: Optional[List[str]] = None,
) -> Dict[str, Any]:
    wanted = targets or self._graph_schema.target_names
    plans: Dict[Tuple[str, ...], List[_Step]] = self.__dict__.setdefault("_plans", {})
    plan = plans.get(tuple(wanted))
    if plan is None:
        plan = plans[tuple(wanted)] = _plan(self, wanted)
    given = {name: (name, value) for name, value in (inputs or {}).items()}
    done: Dict[str, Any] = dict(given)
    try:
        for name, node, needs in plan:
            if name not in given:
                # A name without a result is passed as it is, which the node reports.
                done[name] = node(*(done.get(need, need) for need in needs))
    except RuntimeError as error:
        raise GraphRunError("Error running runner.") from error
    return {name: done[name][1] for name in wanted}


def _plan(runner: DaskGraphRunner, targets: List[str]) -> List[_Step]:
    """The nodes that the targets need, each behind what it needs itself."""
    nodes = runner._graph_schema.minimal_graph_schema(targets).nodes
    steps: Dict[str, _Step] = {}

    def add(name: str) -> None:
        if name in steps or name not in nodes:
            return  # known already, or one of the inputs
        needs = tuple(nodes[name].needs.values())
        for need in needs:
            add(need)
        steps[name] = (name, runner._instantiated_nodes[name], needs)

    for target in targets:
        add(target)
    return list(steps.values())
