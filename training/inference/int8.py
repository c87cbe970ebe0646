"""Large products in 8 bits, with the ranges of what they read fixed beforehand.

Dynamic quantisation takes the range of an activation from the batch, so that a row's prediction depends on the rows
that happen to be beside it; with fixed ranges rows stay independent, and it is quicker: there is no pass for the range,
and a ReLU is the rounding itself. Columns of an input differ in their range by orders of magnitude (an embedding, a
count); each is brought to one scale, and its rows of the weights take the factor: Xiao et al., "SmoothQuant", ICML
2023, https://arxiv.org/abs/2211.10438, equation 3.

Weights have 7 of the 8 bits. Processors without VNNI add two products in 16 bits, which those of 8 bits overflow; so
the integers, and the verdict of the check, are the same on every processor.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import onnx
from onnx import helper, numpy_helper

from training.inference.products import Product, Weights, large_products
from training.inference.ranges import Range, Values, ranges_of

BUILT_IN = "com.microsoft"
"""Operators of ONNX Runtime itself."""
LARGEST_WEIGHT = 64
MIDDLE = 128
"""What a zero is where values lie on both sides of it."""
MOVING = ("Reshape", "Transpose", "Split", "Slice", "Squeeze", "Unsqueeze")
"""Operators that change no value."""
TINY = float(np.finfo(np.float32).tiny)


class Rounding:
    """Builds the nodes of one model: a tensor that several products read, in parts or whole, is rounded once."""

    def __init__(self, model: onnx.ModelProto, ranges: Mapping[str, Range]) -> None:
        self.constants: dict[str, onnx.TensorProto] = {}
        self.nodes: list[onnx.NodeProto] = []
        self._made_by = {name: node for node in model.graph.node for name in node.output}
        self._ranges = ranges
        self._done: set[str] = set()
        self._highest: dict[str, float] = {}
        for source, held in ranges.items():
            whole = self._whole(source)
            self._highest[whole] = max(self._highest.get(whole, TINY), float(held.high.max()))

    def product(self, product: Product) -> None:
        """The nodes in place of the product's."""
        at, source = product.node.output[0], product.source
        held = self._ranges[source]
        weight = (
            product.weight if held.is_rectified else product.weight * (held.reach[:, None] / np.float32(MIDDLE - 1))
        )
        scale = _unit_scales(weight)
        integers = np.clip(np.rint(weight / scale), -LARGEST_WEIGHT, LARGEST_WEIGHT - 1).astype(np.int8)
        inputs = [
            self._part(source) if held.is_rectified else self._levelled(source),
            self._constant(f"{at}.weight", integers),
            self._step(source),
            self._constant(f"{at}.step", scale if scale.ndim > 2 else scale[0]),
            self._zero(source),
        ]
        adds = None if product.bias_is_shared else product.bias
        if product.bias is not None and adds is None:
            flat = self._constant("flat", np.array([-1], np.int64))
            self.nodes.append(helper.make_node("Reshape", [product.bias, flat], [f"{at}.bias"]))
            inputs += ["", f"{at}.bias"]
        made = at if adds is None else f"{at}.product"
        self.nodes.append(helper.make_node("MatMulIntegerToFloat", inputs, [made], domain=BUILT_IN))
        if adds is not None:
            self.nodes.append(helper.make_node("Add", [made, adds], [at]))

    def _whole(self, source: str) -> str:
        """What is rounded for a source: the tensor that it is a part of, where no value is below zero."""
        node = self._made_by.get(source)
        if self._ranges[source].is_rectified:
            while node is not None and node.op_type in MOVING:
                source = node.input[0]
                node = self._made_by.get(source)
        return source

    def _part(self, tensor: str) -> str:
        """A tensor without values below zero in 8 bits; what only moves values moves bytes."""
        rounded = f"{tensor}.rounded"
        if rounded in self._done:
            return rounded
        node = self._made_by.get(tensor)
        if node is not None and node.op_type in MOVING:
            moved = onnx.NodeProto()
            moved.CopyFrom(node)
            moved.name = f"{node.name}.rounded"
            moved.input[0] = self._part(node.input[0])
            moved.output[:] = [f"{name}.rounded" for name in node.output]
            self.nodes.append(moved)
            self._done.update(moved.output)
            return rounded
        value = node.input[0] if node is not None and node.op_type == "Relu" else tensor  # rounding is a ReLU too
        return self._quantised(value, tensor, rounded)

    def _levelled(self, source: str) -> str:
        """A tensor of values on both sides of zero in 8 bits, every column of it brought to the same scale."""
        rounded, levelled = f"{source}.rounded_by_column", f"{source}.levelled"
        if rounded in self._done:
            return rounded
        factors = self._constant(f"{source}.factors", (MIDDLE - 1) / self._ranges[source].reach)
        self.nodes.append(helper.make_node("Mul", [source, factors], [levelled]))
        return self._quantised(levelled, source, rounded)

    def _quantised(self, value: str, source: str, rounded: str) -> str:
        inputs = [value, self._step(source), self._zero(source)]
        self.nodes.append(helper.make_node("QuantizeLinear", inputs, [rounded]))
        self._done.add(rounded)
        return rounded

    def _step(self, source: str) -> str:
        """What a step is worth; columns on both sides of zero are brought to steps of 1 before."""
        held = self._ranges.get(source)
        if held is not None and not held.is_rectified:
            return self._constant("step.by_column", np.float32(1))
        whole = self._whole(source) if held is not None else source
        return self._constant(f"{whole}.step", np.float32(self._highest[whole] / 255))

    def _zero(self, source: str) -> str:
        held = self._ranges.get(source)
        is_rectified = held is None or held.is_rectified
        return self._constant(f"zero.{is_rectified}", np.uint8(0 if is_rectified else MIDDLE))

    def _constant(self, name: str, values: object) -> str:
        self.constants[name] = numpy_helper.from_array(np.asarray(values), name)
        return name


def in_int8(model: onnx.ModelProto, batches: Iterable[Sequence[Values]]) -> onnx.ModelProto:
    """The model with its large products in 8 bits; all others, and whatever follows, stay in float32.

    Args:
        model: in float32.
        batches: inputs of the model, in its order: held-out rows on which ranges are measured.
    """
    products = {id(each.node): each for each in large_products(model)}
    rounding = Rounding(model, ranges_of(model, [each.source for each in products.values()], batches))
    for node in model.graph.node:
        if id(node) in products:
            rounding.product(products[id(node)])
        else:
            rounding.nodes.append(node)
    rounded = onnx.ModelProto()
    rounded.CopyFrom(model)
    del rounded.graph.node[:]
    rounded.graph.node.extend(rounding.nodes)
    rounded.graph.initializer.extend(rounding.constants.values())
    if BUILT_IN not in {each.domain for each in rounded.opset_import}:
        rounded.opset_import.append(helper.make_opsetid(BUILT_IN, 1))
    return _without_idle_parts(rounded)


def _unit_scales(weight: Weights) -> Weights:
    """What one step of each unit's integers is worth, [1, units] or [groups, 1, units]."""
    largest = np.abs(weight).max(axis=-2, keepdims=True)
    return np.where(largest > 0, largest / LARGEST_WEIGHT, 1).astype(np.float32)


def _without_idle_parts(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model without nodes and constants that nobody reads any more."""
    kept, read = [], {each.name for each in model.graph.output}
    for node in reversed(model.graph.node):
        if read.intersection(node.output):
            kept.append(node)
            read.update(node.input)
    constants = [each for each in model.graph.initializer if each.name in read]
    del model.graph.node[:]
    del model.graph.initializer[:]
    model.graph.node.extend(reversed(kept))
    model.graph.initializer.extend(constants)
    return model
