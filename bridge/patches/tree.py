"""Addresses as a tree of their parts, for programs that route part by part."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Node:
    """A place in the tree. is_address: whether an address ends here. children: by the next part."""

    is_address: bool = False
    children: dict[str, "Node"] = field(default_factory=dict)

    @property
    def is_numbered(self) -> bool:
        """Tell whether what follows is a number, as in /phono/layer/3."""
        return bool(self.children) and all(part.isdigit() for part in self.children)

    def pass_by(self, parts: tuple[str, ...]) -> None:
        """Add the way to `parts` if an address of the tree lies on it; it isn't an address itself."""
        node = self
        for i, part in enumerate(parts):
            if node.is_address:
                for rest in parts[i:]:
                    node = node.children.setdefault(rest, Node())
                return
            if part not in node.children:
                return
            node = node.children[part]


def tree(addresses: Iterable[tuple[str, ...]]) -> Node:
    """Return the tree of addresses that are given as their parts."""
    root = Node()
    for parts in addresses:
        node = root
        for part in parts:
            node = node.children.setdefault(part, Node())
        node.is_address = True
    return root
