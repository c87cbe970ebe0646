"""Lists of texts are read as any parser of JSON reads them, and nothing else is read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text_lists import NUM_AT_ONCE, text_lists

REFUSED = "found|Unterminated|Invalid"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('",[]{}\\: \n'))


@given(st.dictionaries(TEXTS, st.lists(TEXTS)), st.booleans(), st.sampled_from([None, 0, 2]))
def test_it_reads_what_json_writes(lists: dict[str, list[str]], ensure_ascii: bool, indent: int | None) -> None:
    assert text_lists(json.dumps(lists, ensure_ascii=ensure_ascii, indent=indent)) == lists
    assert text_lists(json.dumps(lists, separators=(",", ":"))) == lists


@given(st.dictionaries(TEXTS, st.lists(TEXTS, max_size=3), max_size=3), st.data())
def test_what_is_cut_off_is_refused(lists: dict[str, list[str]], data: st.DataObject) -> None:
    text = json.dumps(lists)
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    with pytest.raises(ValueError, match=REFUSED):
        text_lists(cut)


@pytest.mark.parametrize("num", [NUM_AT_ONCE - 1, NUM_AT_ONCE, NUM_AT_ONCE + 1, 3 * NUM_AT_ONCE])
def test_never_are_more_than_so_many_texts_parsed_in_one_breath(num: int, monkeypatch: pytest.MonkeyPatch) -> None:
    lists = {"item_id": [f'item "{number}", \\' for number in range(num)], "user_id": ["ada"] * num}
    sizes, loads = [], json.loads

    def counted(text: str) -> object:
        sizes.append(len(loads(text)) if text.startswith("[") else 0)
        return loads(text)

    monkeypatch.setattr(json, "loads", counted)
    assert text_lists(json.dumps(lists)) == lists
    assert sum(sizes) == 2 * num
    assert max(sizes) == min(num, NUM_AT_ONCE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"a": "b"}',
        '{"a": [1]}',
        '{"a": [null]}',
        '{"a": [["b"]]}',
        '{"a": ["b",]}',
        '{"a": ["b"],}',
        '{"a": ["b" "c"]}',
        '{"a": ["b"}',
        '{"a": ["b"]]',
        '{"a": ["b"]} x',
        '{"a": [, "b"]}',
        '{a: ["b"]}',
        '{"a": ["b\n"]}',
        '{"a": ["\\x"]}',
        '{"a": ["b"]} {}',
        '{"a": ["b"]\xa0}',
        '{"a": ["b"] "c": []}',
        '{, "a": ["b"]}',
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=REFUSED):
        text_lists(text)
