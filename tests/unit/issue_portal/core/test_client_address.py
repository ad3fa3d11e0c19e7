"""The rate limit key of a client address."""

import pytest

from issue_portal.core.client_address import make_client_key


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2::1", "2001:db8:1::/48"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1::/48"),
        ("2001:db8:1:3::1", "2001:db8:1::/48"),
        ("2001:db8:2:3::1", "2001:db8:2::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", ""),
        ("::1", ""),
        ("::ffff:127.0.0.1", ""),
        ("0.0.0.0", ""),
        ("unix:", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_rate_limit_key_is_the_ipv4_address_or_the_ipv6_network(host, key):
    assert make_client_key(host) == key
