//! IP addresses and socket addresses, as they are written.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

use super::{Look, Parts};
use crate::base::Unreadable;
use crate::dwarf::Type;
use crate::value::ValueKind;

pub(super) fn is(ty: &Type) -> bool {
    ["Ipv4Addr", "Ipv6Addr", "SocketAddrV4", "SocketAddrV6"].iter().any(|name| ty.is_std(name))
        || is_either(ty)
}

/// Whether it is an enum of both versions, which is written as the one that it is.
fn is_either(ty: &Type) -> bool {
    ty.is_std("IpAddr") || ty.is_std("SocketAddr")
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let ty = look.ty();
    if is_either(ty) {
        let kind = look.walk.by_kind(&look.at).kind;
        return Ok(Parts::Made(match kind {
            ValueKind::Enum { mut fields, .. } if fields.list.len() == 1 => {
                fields.list.remove(0).1.kind
            }
            other => other,
        }));
    }
    let text = if ty.is_std("Ipv4Addr") {
        Ipv4Addr::from(octets::<4>(look)?).to_string()
    } else if ty.is_std("Ipv6Addr") {
        Ipv6Addr::from(octets::<16>(look)?).to_string()
    } else if ty.is_std("SocketAddrV4") {
        let ip = Ipv4Addr::from(octets::<4>(look)?);
        SocketAddrV4::new(ip, number(look, "port", 2)? as u16).to_string()
    } else {
        let ip = Ipv6Addr::from(octets::<16>(look)?);
        let port = number(look, "port", 2)? as u16;
        let (flow, scope) = (number(look, "flowinfo", 4)?, number(look, "scope_id", 4)?);
        SocketAddrV6::new(ip, port, flow as u32, scope as u32).to_string()
    };
    Ok(Parts::Made(ValueKind::Plain(text)))
}

fn octets<const N: usize>(look: &mut Look<'_, '_>) -> Result<[u8; N], Unreadable> {
    let member = look.find("octets")?;
    let bytes = look.walk.bytes(&look.at.source.at(member.offset), N)?;
    bytes.try_into().map_err(|_| look.at.invalid("its octets are too few"))
}

fn number(look: &mut Look<'_, '_>, name: &str, size: u64) -> Result<u128, Unreadable> {
    let member = look.find_peeled(name)?;
    look.walk.number(&look.at.source.at(member.offset), size)
}

#[cfg(test)]
mod tests {
    use crate::value::testing::World;

    #[test]
    fn addresses_are_written_as_people_write_them() {
        let mut world = World::new();
        let (u8_, u16_, u32_) = (world.uint(1), world.uint(2), world.uint(4));
        let (four, sixteen) = (world.array(u8_, 4), world.array(u8_, 16));
        let v4 = world.record("core::net::ip_addr::Ipv4Addr", 4, 1, &[("octets", four, 0)]);
        let v6 = world.record("core::net::ip_addr::Ipv6Addr", 16, 1, &[("octets", sixteen, 0)]);
        let fields = [("ip", v4, 0), ("port", u16_, 4)];
        let s4 = world.record("core::net::socket_addr::SocketAddrV4", 6, 2, &fields);
        let fields =
            [("ip", v6, 0), ("flowinfo", u32_, 16), ("scope_id", u32_, 20), ("port", u16_, 24)];
        let s6 = world.record("core::net::socket_addr::SocketAddrV6", 28, 4, &fields);
        let ip = world.enumeration("core::net::ip_addr::IpAddr", 5, 1, Some((u8_, 0)), &[]);
        let text = |ty, bytes: &[u8]| world.text(&world.read_bytes(ty, bytes));
        assert_eq!(text(v4, &[127, 0, 0, 1]), "127.0.0.1");
        assert_eq!(text(s4, &[10, 0, 0, 1, 80, 0]), "10.0.0.1:80");
        let mut bytes = [0; 28];
        (bytes[15], bytes[20], bytes[24]) = (1, 3, 80);
        assert_eq!(text(v6, &bytes[..16]), "::1");
        assert_eq!(text(s6, &bytes), "[::1%3]:80");
        assert!(text(ip, &[9, 0, 0, 0, 0]).starts_with('<'), "no such variant");
    }
}
