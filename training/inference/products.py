"""The matrix products of an ONNX model that are worth rounding: large ones of constant weights."""

from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from models.inference.engines.by_torch import SMALLEST_PRODUCT

Weights = NDArray[np.float32]
FEWEST_UNITS = 16
"""Narrower products take less time than the rounding of what they read."""


@dataclass(frozen=True)
class Product:
    """A product with constant weights, and a bias where it has one.

    Attributes:
        node: in the model.
        source: the tensor that it reads, [..., width].
        weight: [width, units], or [groups, width, units] where each group of rows has weights of its own.
        bias: the tensor that it adds, or None.
        bias_is_shared: whether that is one number a unit for all rows, [units] or [1, units].
    """

    node: onnx.NodeProto
    source: str
    weight: Weights
    bias: str | None
    bias_is_shared: bool


def large_products(model: onnx.ModelProto) -> list[Product]:
    """The products with weights enough, in the order of the model."""
    constants = {each.name: each for each in model.graph.initializer}
    known = onnx.shape_inference.infer_shapes(model).graph.value_info
    shapes = {each.name: [size.dim_value for size in each.type.tensor_type.shape.dim] for each in known}
    shapes |= {name: list(constant.dims) for name, constant in constants.items()}
    found = (_product(node, constants, shapes) for node in model.graph.node)
    return [product for product in found if product is not None and _is_large(product.weight)]


def _is_large(weight: Weights) -> bool:
    return weight.size >= SMALLEST_PRODUCT and weight.shape[-1] >= FEWEST_UNITS


def _product(
    node: onnx.NodeProto, constants: dict[str, onnx.TensorProto], shapes: dict[str, list[int]]
) -> Product | None:
    if node.op_type not in ("Gemm", "MatMul") or node.input[1] not in constants:
        return None
    settings = {each.name: helper.get_attribute_value(each) for each in node.attribute}
    weight = numpy_helper.to_array(constants[node.input[1]])
    weight = weight.T if settings.get("transB") else weight
    is_plain = weight.dtype == np.float32 and not settings.get("transA")
    is_plain &= settings.get("alpha", 1.0) == settings.get("beta", 1.0) == 1.0
    if not is_plain or weight.ndim not in (2, 3):
        return None
    bias, units = node.input[2] if len(node.input) > 2 else None, weight.shape[-1]
    return Product(node, node.input[0], weight, bias, shapes.get(bias or "") in ([units], [1, units]))
