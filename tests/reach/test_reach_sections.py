"""Documents of bounded size out of streams of any size."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scopeaudit.model.document import Document
from scopeaudit.model.location import Source
from scopeaudit.reach import sections as module
from scopeaudit.reach.sections import Wide, advance, documents, sections, wide_text


def _chunks(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


@settings(deadline=None)
@given(
    data=st.binary(max_size=3000).map(lambda data: data.replace(b"\0", b"0")),
    chunk=st.integers(1, 700),
)
def test_own_ranges_put_together_are_the_stream(data: bytes, chunk: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "SECTION_BYTES", 400)
        patch.setattr(module, "MARGIN_BYTES", 50)
        found = list(sections(Source.TREE, "a", _chunks(data, chunk)))
    if not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        assert b"".join(bytes(each.data)[slice(*(each.own or ()))] for each in found) == data
        assert sum(each.size for each in found) == len(data)
    assert [each.continues for each in found] == [False, *[True] * (len(found) - 1)]


@settings(deadline=None)
@given(data=st.text(max_size=2000), chunk=st.integers(1, 700))
def test_sections_know_where_they_begin(data: str, chunk: int) -> None:
    whole = data.encode("utf-8", "replace")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "SECTION_BYTES", 300)
        patch.setattr(module, "MARGIN_BYTES", 40)
        patch.setattr(module, "wide_text", lambda data: None)
        found = list(sections(Source.TREE, "a", _chunks(whole, chunk)))
    for each in found:
        start = whole.index(bytes(each.data)) if len(set(whole)) > 50 else None
        if start is not None and len(each.data) > 150:
            assert (each.line, each.column) == advance(whole, start, 1, 1)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_marked_file_gets_a_second_view_as_text(encoding: str) -> None:
    data = "\ufeffTOKEN=ä1\n".encode(encoding)
    assert list(documents(Source.TREE, "a", data)) == [
        Document(Source.TREE, "a", data, size=len(data)),
        Document(Source.TREE, "a", "TOKEN=ä1\n".encode(), continues=True),
    ]


@pytest.mark.parametrize("lead", [b"", b"\x01", b"\x80\x90"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_unmarked_wide_text_is_recognised_at_any_offset(lead: bytes, encoding: str) -> None:
    data = lead + "RAILWAY_TOKEN=something".encode(encoding)
    views = [bytes(each.data) for each in documents(Source.TREE, "a", data)]
    assert len(views) == 2
    assert b"RAILWAY_TOKEN=something" in views[1]


def test_a_binary_file_without_wide_text_has_one_view() -> None:
    data = bytes(range(256)) * 40
    assert list(documents(Source.TREE, "a", data)) == [Document(Source.TREE, "a", data, size=len(data))]


def test_a_long_wide_stream_is_given_as_text_whatever_the_chunks() -> None:
    text = "línea=valor\n" * 500
    data = "\ufeff".encode("utf-16-le") + text.encode("utf-16-le")
    for size in (7, 64, 5000):
        found = list(sections(Source.TREE, "a", _chunks(data, size)))
        assert b"".join(bytes(each.data) for each in found if each.size) == data
        assert b"".join(bytes(each.data) for each in found if not each.size) == text.encode()


TOKENS = [f"TOKEN_{number}=abcdefghij" for number in range(6)]
ENCODINGS = ["ascii", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]
pieces = st.lists(
    st.tuples(st.binary(max_size=5), st.sampled_from(ENCODINGS)), min_size=1, max_size=len(TOKENS)
)
marks = st.sampled_from([b"", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\0\0\xfe\xff"])


@settings(deadline=None, max_examples=300)
@given(marks, pieces, st.integers(4, 300))
def test_no_mixture_of_encodings_and_no_mark_hides_text(
    mark: bytes, mixed: list[tuple[bytes, str]], chunk: int
) -> None:
    tokens = list(zip(TOKENS, mixed, strict=False))
    data = mark + b"".join(lead + token.encode(encoding) for token, (lead, encoding) in tokens)
    whole = [bytes(each.data) for each in documents(Source.TREE, "a", data)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "SECTION_BYTES", 500)
        patch.setattr(module, "MARGIN_BYTES", 120)
        streamed = [bytes(each.data) for each in sections(Source.TREE, "a", _chunks(data, chunk))]
    for token, _ in tokens:
        assert any(token.encode() in view for view in whole)
        assert any(token.encode() in view for view in streamed)


@pytest.mark.parametrize("encoding", ENCODINGS[1:])
def test_text_behind_much_of_something_else_is_seen_on_its_line(encoding: str) -> None:
    """As where a shell appends to a file in another encoding than the file has."""
    data = b"x" * 70_000 + b"\n" + f"{TOKENS[0]}\n".encode(encoding)
    for found in (documents(Source.TREE, "a", data), sections(Source.TREE, "a", _chunks(data, 9_000))):
        views = [bytes(each.data) for each in found]
        line = next(
            view.count(b"\n", 0, view.index(TOKENS[0].encode()))
            for view in views
            if TOKENS[0].encode() in view
        )
        assert line == 1


def test_wide_text_says_where_it_begins() -> None:
    assert wide_text(b"\xff\xfea\0") == Wide("utf-16-le", 2)
    assert wide_text(b"plain") is None


def test_columns_count_characters() -> None:
    assert advance("aé\nüx".encode(), len("aé\nüx".encode()), 1, 1) == (2, 3)
    assert advance(b"abc", 3, 7, 5) == (7, 8)


def test_a_long_file_hides_nothing_behind_a_mark() -> None:
    """A shell prints a plain token whatever the first two bytes say."""
    for mark in (b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0"):
        data = mark + b"x" * 9_000 + TOKENS[0].encode()
        found = sections(Source.TREE, "a", _chunks(data, 4_000))
        assert any(TOKENS[0].encode() in bytes(each.data) for each in found)
