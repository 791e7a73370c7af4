//! Which addresses a vendor may have: the public internet, and this machine where the user said so.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is not a vendor's, in words; none for one that may be contacted.
pub fn objection(address: IpAddr, allow_loopback: bool) -> Option<&'static str> {
    match address {
        IpAddr::V4(v4) => v4_objection(v4, allow_loopback),
        IpAddr::V6(v6) => match embedded_v4(v6) {
            Some(v4) => v4_objection(v4, allow_loopback),
            None => v6_objection(v6, allow_loopback),
        },
    }
}

/// The special-purpose blocks of RFC 6890 and its registry that no vendor lives in.
fn v4_objection(ip: Ipv4Addr, allow_loopback: bool) -> Option<&'static str> {
    let [a, b, c, _] = ip.octets();
    match (a, b, c) {
        _ if ip.is_loopback() => (!allow_loopback).then_some("a loopback address"),
        _ if ip.is_private() => Some("a private address"),
        _ if ip.is_link_local() => Some("a link-local address"),
        (100, 64..=127, _) => Some("an address behind a provider's translation"),
        (0, ..) | (192, 0, 0) | (198, 18..=19, _) | (240..=255, ..) => Some("a reserved address"),
        _ if ip.is_multicast() => Some("a multicast address"),
        _ if ip.is_documentation() => Some("an address for documentation"),
        _ => None,
    }
}

fn v6_objection(ip: Ipv6Addr, allow_loopback: bool) -> Option<&'static str> {
    match ip.segments()[0] {
        _ if ip.is_loopback() => (!allow_loopback).then_some("a loopback address"),
        _ if ip.is_unspecified() => Some("a reserved address"),
        _ if ip.is_unique_local() => Some("a private address"),
        _ if ip.is_unicast_link_local() => Some("a link-local address"),
        _ if ip.is_multicast() => Some("a multicast address"),
        0x2001 if ip.segments()[1] == 0x0db8 => Some("an address for documentation"),
        _ => None,
    }
}

/// IPv4 inside of IPv6: mapped (RFC 4291), translated (RFC 6052) and 6to4 (RFC 3056).
fn embedded_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let octets = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match ip.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(octets(high, low)),
        [0x2002, high, low, ..] => Some(octets(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_contacted() {
        let inner = [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.9.9",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "::1",
            "::",
            "fc00::1",
            "fe80::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "ff02::1",
            "198.18.0.1",
        ];
        for address in inner {
            assert!(objection(address.parse().unwrap(), false).is_some(), "{address}");
        }
        for address in ["9.9.9.9", "2620:fe::fe", "172.32.0.1", "100.128.0.1"] {
            assert_eq!(objection(address.parse().unwrap(), false), None, "{address}");
        }
    }

    #[test]
    fn loopback_is_allowed_where_the_user_said_so_and_nothing_else_is() {
        for address in ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(objection(address.parse().unwrap(), true), None, "{address}");
        }
        assert!(objection("10.0.0.1".parse().unwrap(), true).is_some());
    }
}
