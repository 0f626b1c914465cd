import pytest

from cli.addresses import in_url


@pytest.mark.parametrize(
    ("host", "opened"),
    [
        ("127.0.0.2", "127.0.0.2"),
        ("study.example", "study.example"),
        ("", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),  # noqa: S104 - named only
        ("::", "[::1]"),
        ("fe80::1", "[fe80::1]"),
    ],
)
def test_a_host_stands_in_an_address_that_can_be_opened(host: str, opened: str) -> None:
    assert in_url(host) == opened
