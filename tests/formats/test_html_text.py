"""Text, headings and links of pages whose tags may be anyhow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nesdb_annot.formats.html_text import html_blocks


def blocks(text):
    return [(block.text.strip(), block.heading) for block in html_blocks(enumerate(text.split("\n"), 1))]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<h2>Title</h2><p>text</p>", [("Title", True), ("text", False)]),
        ("<tr><th>Name<td>value<tr><th>Other<td>x", [("Name", True), ("value", False), ("Other", True), ("x", False)]),
        ("<p><b>Name</b></p><p>some <b>bold</b> text</p>", [("Name", True), ("some bold text", False)]),
        ("a<br>b<br/>c", [("a", False), ("b", False), ("c", False)]),
        ("one\ntwo", [("one two", False)]),
        ("<pre>one\ntwo</pre>", [("one\ntwo", False)]),
        ("&lt;b&gt; &alpha;&nbsp;x", [("<b> α\xa0x", False)]),
        ("<script>var x = '<p>no</p>'</script><style>p {}</style><p>yes", [("yes", False)]),
        ("<!-- hidden --><p>shown</p>", [("shown", False)]),
        ("", []),
        ("<p>  </p><div></div>", []),
        ("</b></h1></p>late", [("late", False)]),
    ],
)
def test_blocks(page, expected):
    assert blocks(page) == expected


def test_links_keep_address_and_text():
    (block,) = html_blocks(
        [(1, '<p>see <a href="x.php?name=1">one</a>, <a name="anchor">two</a> <a href="y">three</a>')]
    )
    assert block.links == [("x.php?name=1", "one"), ("y", "three")]


@given(st.text(alphabet="<>/=\"' abhpreltd&;#!-\n", max_size=200))
def test_no_page_breaks_the_parser(text):
    for block in html_blocks(enumerate(text.split("\n"), 1)):
        assert block.text.strip()


@given(st.lists(st.text("abc xyz", min_size=1, max_size=10).filter(str.strip), max_size=6))
def test_no_text_is_lost(texts):
    page = "".join(f"<tr><td>{text}</td></tr>" for text in texts)
    assert [text for text, _ in blocks(page)] == [text.strip() for text in texts]
