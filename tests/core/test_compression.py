"""What travels: compressed for who takes it, the same content for everybody."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from support.site import Site

PAGE = "/sign-in"
FILE = "/static/pingyou.css"


def fetched(site: Site, path: str, encoding: str = "gzip", **headers: str) -> Any:
    with site.client().get(path, headers={"Accept-Encoding": encoding, **headers}) as answer:
        answer.get_data()
        return answer


@pytest.mark.parametrize("path", [PAGE, FILE, "/bootstrap/static/css/bootstrap.min.css"])
def test_pages_and_files_travel_compressed(site: Site, path: str) -> None:
    plain = fetched(site, path, "identity")
    packed = fetched(site, path)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert len(packed.data) == packed.content_length < len(plain.data) * 0.6
    if path != PAGE:  # a page holds a token of its own
        assert gzip.decompress(packed.data) == plain.data
    assert fetched(site, path, "gzip;q=0").headers.get("Content-Encoding") is None


def test_a_file_that_the_browser_has_is_not_sent_again(site: Site) -> None:
    first = fetched(site, FILE)
    again = fetched(site, FILE, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert fetched(site, FILE).data == first.data


def test_the_length_of_a_page_says_little_of_what_it_holds(site: Site) -> None:
    client = site.client()
    ask = {"Accept-Encoding": "gzip"}
    assert len({client.get(PAGE, headers=ask).content_length for _ in range(12)}) > 4


def test_what_is_small_and_whoever_takes_no_gzip_gets_the_plain_answer(site: Site) -> None:
    assert "Content-Encoding" not in fetched(site, "/static/favicon.svg").headers
    assert "Content-Encoding" not in fetched(site, FILE, "br").headers
