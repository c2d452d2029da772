"""The page's document travels compressed, and nothing else is touched."""

import httpx


def test_the_page_is_compressed(url: str) -> None:
    answer = httpx.get(url, headers={"Accept-Encoding": "gzip"}, timeout=60)
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.num_bytes_downloaded < 0.5 * len(answer.content)


def test_who_can_not_unpack_it_gets_it_plain(url: str) -> None:
    answer = httpx.get(url, headers={"Accept-Encoding": "identity"}, timeout=60)
    assert "content-encoding" not in answer.headers
    assert "gradio_config" in answer.text


def test_other_answers_are_left_alone(url: str) -> None:
    answer = httpx.get(f"{url}/config", headers={"Accept-Encoding": "gzip"}, timeout=60)
    assert "content-encoding" not in answer.headers
