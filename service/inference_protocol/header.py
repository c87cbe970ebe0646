"""The JSON of a request for inference: which tensors it holds and which it wants, before any element is looked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from service.inference_protocol.datatypes import DATATYPES
from service.json_body import json_kind, parse_json
from service.names import shown
from service.refusal import NOT_OFFERED, WRONG_SHAPE, Refusal

_LARGEST = 2**63 - 1
_SEQUENCES = {"sequence_id", "sequence_start", "sequence_end"}
_SHARED_MEMORY = {"shared_memory_region", "shared_memory_byte_size", "shared_memory_offset"}
_NO_SHARED_MEMORY = "the service never reads or writes the memory of another process"


class Input(NamedTuple):
    """A tensor as it is declared.

    Attributes:
        name: of a feature, if all is well.
        datatype: one of `DATATYPES`.
        shape: [rows] or [rows, length].
        data: its elements where they are JSON.
        num_bytes: of its elements where they are binary; exactly one of both is there.
    """

    name: str
    datatype: str
    shape: tuple[int, ...]
    data: list[Any] | None
    num_bytes: int | None

    def row_of(self, position: int) -> int:
        """The row that holds the element."""
        return position // (self.shape[1] if len(self.shape) > 1 else 1)


@dataclass(frozen=True, slots=True)
class Header:
    """What a request says of itself.

    Attributes:
        id: comes back in the answer.
        inputs: in the order sent.
        outputs: names wanted, in the order wanted, and whether each is wanted binary; None asks for all.
        all_binary: whether outputs are binary that say nothing else.
        timeout_s: how long the client waits; None where it says nothing.
        top_k: how many of the best rows are wanted; None asks for all.
    """

    id: str | None
    inputs: tuple[Input, ...]
    outputs: dict[str, bool] | None
    all_binary: bool
    timeout_s: float | None
    top_k: int | None


def parse_header(body: bytes) -> Header:
    """The header. Members that the protocol does not know are left alone: it grows by them.

    Raises:
        Refusal: it is no JSON, lacks something, or asks for what is not offered.
    """
    document = parse_json(body)
    parameters = _parameters(document)
    _refuse_offers(parameters, _SEQUENCES, "a prediction keeps nothing for a next one, so there are no sequences")
    all_binary = _flag(parameters, "binary_data_output")
    inputs = tuple(_input(each) for each in _list_of_objects(document, "inputs"))
    _refuse_twice([each.name for each in inputs], "inputs")
    return Header(
        _id(document),
        inputs,
        _outputs(document, all_binary),
        all_binary,
        _timeout_s(parameters),
        _whole(parameters, "top_k", 1),
    )


def _input(document: Mapping[str, Any]) -> Input:
    name = _name(document, "inputs")
    parameters = _parameters(document)
    _refuse_offers(parameters, _SHARED_MEMORY, _NO_SHARED_MEMORY)
    datatype = document.get("datatype")
    if datatype not in DATATYPES:
        found = shown(datatype) if isinstance(datatype, str) else json_kind(datatype)
        raise _wrong(name, f"`datatype` is one of {', '.join(DATATYPES)}; found {found}")
    data, num_bytes = document.get("data"), _whole(parameters, "binary_data_size", 0)
    if data is not None and not isinstance(data, list):
        raise _wrong(name, f"`data` is a list; found {json_kind(data)}")
    if (data is None) == (num_bytes is None):
        found = "none" if data is None else "both"
        raise _wrong(name, f"the elements are in `data`, or `binary_data_size` says how many bytes; found {found}")
    return Input(name, datatype, _shape(name, document.get("shape")), data, num_bytes)


def _shape(name: str, shape: object) -> tuple[int, ...]:
    if isinstance(shape, list) and 1 <= len(shape) <= 2:
        for size in shape:
            if type(size) is not int or not 0 <= size <= _LARGEST:
                break
        else:
            return tuple(shape)
    found = shown(str(shape[:3])) if isinstance(shape, list) else json_kind(shape)
    raise _wrong(name, f"`shape` is [rows] or [rows, length], of whole numbers; found {found}")


def _outputs(document: Mapping[str, Any], all_binary: bool) -> dict[str, bool] | None:
    if document.get("outputs") in (None, []):
        return None
    outputs: dict[str, bool] = {}
    listed = _list_of_objects(document, "outputs")
    for each in listed:
        name = _name(each, "outputs")
        parameters = _parameters(each)
        _refuse_offers(parameters, _SHARED_MEMORY, _NO_SHARED_MEMORY)
        _refuse_offers(parameters, {"classification"}, "outputs are numbers and no scores of classes to be ranked")
        outputs[name] = _flag(parameters, "binary_data", all_binary)
    _refuse_twice([each["name"] for each in listed], "outputs")
    return outputs


def _id(document: Mapping[str, Any]) -> str | None:
    found = document.get("id")
    if found is not None and not isinstance(found, str):
        raise Refusal(WRONG_SHAPE, f"`id` is text; found {json_kind(found)}: send text", field="id")
    return found


def _list_of_objects(document: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    found = document.get(key)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        kind = "a list with something else in it" if isinstance(found, list) else json_kind(found)
        raise Refusal(WRONG_SHAPE, f"`{key}` is a list of objects, one a tensor; found {kind}", field=key)
    return found


def _parameters(document: Mapping[str, Any]) -> dict[str, Any]:
    found = document.get("parameters")
    if found is not None and not isinstance(found, dict):
        raise Refusal(WRONG_SHAPE, f"`parameters` is an object; found {json_kind(found)}", field="parameters")
    return found or {}


def _name(document: Mapping[str, Any], key: str) -> str:
    name = document.get("name")
    if not isinstance(name, str):
        raise Refusal(WRONG_SHAPE, f"each of `{key}` has a `name`, which is text; found {json_kind(name)}", field=key)
    return name


def _flag(parameters: Mapping[str, Any], key: str, default: bool = False) -> bool:
    found = parameters.get(key, default)
    if not isinstance(found, bool):
        raise Refusal(WRONG_SHAPE, f"`{key}` is true or false; found {json_kind(found)}", field=key)
    return found


def _whole(parameters: Mapping[str, Any], key: str, least: int) -> int | None:
    found = parameters.get(key)
    if found is not None and (type(found) is not int or not least <= found <= _LARGEST):
        kind = str(found) if type(found) is int else json_kind(found)
        raise Refusal(WRONG_SHAPE, f"`{key}` is a whole number from {least} on; found {kind}", field=key)
    return found


def _timeout_s(parameters: Mapping[str, Any]) -> float | None:
    """Seconds; the protocol has microseconds, and 0 for none."""
    found = parameters.get("timeout")
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= _LARGEST:
        raise Refusal(
            WRONG_SHAPE,
            f"`timeout` is microseconds, a number from 0 on; found {json_kind(found)}: send 0 to wait for as "
            f"long as it takes",
            field="timeout",
        )
    return found / 1e6 or None


def _refuse_offers(parameters: Mapping[str, Any], keys: set[str], why: str) -> None:
    if keys.isdisjoint(parameters):
        return
    key = next(key for key in parameters if key in keys)
    raise Refusal(NOT_OFFERED, f"`{key}` is not offered: {why}: leave it out", field=key)


def _refuse_twice(names: list[str], key: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise Refusal(
                WRONG_SHAPE, f"`{key}` holds a name once; found '{shown(name)}' again: send it once", field=shown(name)
            )
        seen.add(name)


def _wrong(name: str, detail: str) -> Refusal:
    return Refusal(WRONG_SHAPE, f"input '{shown(name)}': {detail}", field=shown(name))
