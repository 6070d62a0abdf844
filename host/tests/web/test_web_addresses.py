"""What lies on the public internet, and what may be named as a destination (OPS-11)."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
from butler.config import ConfigProblems, load
from butler.config.destinations import Destination, is_name
from butler.services.web.addresses import is_public
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.spec("OPS-11")

PUBLIC = [
    "1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0",
    "192.167.255.255", "223.255.255.255", "2606:4700:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
]  # fmt: skip
NOT_PUBLIC = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",
    "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1",
    "192.168.0.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
    "255.255.255.255",
    "::", "::1", "::2", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "100::1",
    "5f00::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:10::1", "2001:db8::1", "3fff::1",
    "2002:7f00:1::", "2002:808:808::", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
    "::10.0.0.1", "::8.8.8.8", "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::1",
    "2606:4700::5efe:7f00:1", "2606:4700::200:5efe:10.0.0.1", "2606:4700::1%1",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_every_other_address_is_not(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@given(st.ip_addresses(v=4))
def test_what_is_public_is_so_by_the_librarys_register_too(address: ipaddress.IPv4Address) -> None:
    assert address.is_global or not is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_in_another_form_is_no_more_public_than_itself(address: ipaddress.IPv4Address) -> None:
    """Mapped, compatible, translated, 6to4."""
    number = int(address)
    forms = [0xFFFF << 32 | number, number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80]
    for form in forms:
        assert is_public(address) or not is_public(ipaddress.IPv6Address(form))


@given(st.ip_addresses(v=6))
def test_of_the_new_addresses_only_the_global_ones_are_public(address: ipaddress.IPv6Address) -> None:
    inner = address.ipv4_mapped
    if is_public(address) and inner is None and address not in ipaddress.IPv6Network("64:ff9b::/96"):
        assert address.is_global
        assert address in ipaddress.IPv6Network("2000::/3")


@pytest.mark.parametrize(
    ("written", "host", "port", "meant"),
    [
        ("api.example.org", "api.example.org", 443, True),
        ("api.example.org", "api.example.org", 8080, True),
        ("api.example.org", "api.example.org", 22, False),
        ("API.example.org", "api.example.org", 80, True),
        ("api.example.org", "evil-api.example.org", 443, False),
        ("api.example.org", "api.example.org.evil.com", 443, False),
        ("*.example.org", "a.b.example.org", 443, True),
        ("*.example.org", "example.org", 443, False),
        ("*.example.org", "evilexample.org", 443, False),
        ("*", "anything.example", 443, True),
        ("*", "anything.example", 6379, False),
        ("127.0.0.1:8008", "127.0.0.1", 8008, True),
        ("127.0.0.1:8008", "127.0.0.1", 8009, False),
        ("127.0.0.1:8008", "127.0.0.2", 8008, False),
        ("10.0.0.0/8", "10.1.2.3", 80, True),
        ("10.0.0.0/8", "11.1.2.3", 80, False),
        ("10.0.0.0/8:9000", "10.1.2.3", 9000, True),
        ("10.0.0.0/8", "ten.example", 80, False),
        ("[::1]:8008", "::1", 8008, True),
        ("::1", "::1", 80, True),
        ("[fd00::/8]:99", "fd00::7", 99, True),
        ("[::1]", "::1", 443, True),
    ],
)
def test_a_destination_means_a_host_at_a_port(written: str, host: str, port: int, meant: bool) -> None:
    assert Destination.read(written).matches(host, port) is meant


@pytest.mark.parametrize(
    "written",
    ["", "http://example.org", "example.org/path", "a b", "host:", "host:0", "host:65536", "host:x", "*.*.org",
     "-a.org", "user@host", "127.1", "2130706433", "0x7f.1", "10.0.0.1/8", "[::1", "ex*mple.org", "*:*"],
)  # fmt: skip
def test_a_wrong_destination_is_refused_with_what_was_expected(written: str) -> None:
    with pytest.raises(ValueError, match="expected a host such as"):
        Destination.read(written)


@pytest.mark.parametrize("host", ["1", "127.1", "0x7f000001", "017700000001", "a.0x1", "a.1", "0x", "1.2.3.08"])
def test_a_number_is_no_name(host: str) -> None:
    assert not is_name(host)


def test_a_wrong_entry_of_fetch_allow_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "butler.toml"
    file.write_text('[host]\nfetch_allow = ["http://127.0.0.1"]\n')
    with pytest.raises(
        ConfigProblems, match=r'butler.toml:2: host.fetch_allow: expected a host .*, not "http://127.0.0.1"'
    ):
        load(file, {})
