"""A set of updates: what changes on the page, by component; and how two sets become one."""

from __future__ import annotations

from typing import Any

Updates = dict[Any, Any]


def merged(below: Updates, above: Updates) -> Updates:
    """Two sets of updates as one, property by property: the upper one counts where both say something."""
    merged = dict(below)
    for component, update in above.items():
        before = merged.get(component)
        if isinstance(before, dict) and isinstance(update, dict):
            merged[component] = {**before, **update}
        else:
            merged[component] = update
    return merged
