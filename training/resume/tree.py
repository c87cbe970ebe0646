"""Splits a state into what JSON holds and what safetensors holds, and joins them again."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

_TENSOR = "$tensor"


def split(tree: Any) -> tuple[Any, dict[str, Tensor]]:
    """The tree with names in place of its tensors, and the tensors by name.

    A tensor is not copied unless it is a view of a larger one, or is not laid out row by row.

    Args:
        tree: of dictionaries with text for keys, lists and tuples.
    """
    tensors: dict[str, Tensor] = {}

    def named(node: Any) -> Any:
        if isinstance(node, Tensor):
            name = str(len(tensors))
            tensors[name] = _whole(node.detach())
            return {_TENSOR: name, "device": str(node.device)}
        if isinstance(node, Mapping):
            assert all(isinstance(key, str) for key in node), f"a state has text for keys, found {list(node)[:3]}"
            return {key: named(value) for key, value in node.items()}
        return [named(each) for each in node] if isinstance(node, list | tuple) else node

    return named(tree), tensors


def join(plain: Any, tensors: Mapping[str, Tensor]) -> Any:
    """The tree that was split; each tensor on its device, tuples as lists.

    Raises:
        KeyError: a tensor is not there.
    """
    if isinstance(plain, Mapping):
        if _TENSOR in plain:
            return tensors[plain[_TENSOR]].to(plain["device"])
        return {key: join(value, tensors) for key, value in plain.items()}
    return [join(each, tensors) for each in plain] if isinstance(plain, list) else plain


def _whole(tensor: Tensor) -> Tensor:
    """The tensor with a memory of its own: safetensors refuses two in the same."""
    tensor = tensor.contiguous()
    is_view = tensor.untyped_storage().nbytes() != tensor.numel() * tensor.element_size()
    return torch.clone(tensor) if is_view else tensor
