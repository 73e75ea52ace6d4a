//! Where requests may go: no redirects, and no address inside the network but that of a configured server.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use object_store::ClientOptions;
use object_store::client::{HttpClient, HttpConnector};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Makes the HTTP clients of the stores.
#[derive(Debug, Clone)]
pub(super) struct GuardedConnector {
    /// Hosts that may have a private address.
    pub trusted: Vec<String>,
    /// How long a server may send nothing.
    pub timeout: Duration,
}

impl HttpConnector for GuardedConnector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let resolver = GuardedResolver {
            trusted: self.trusted.clone().into(),
        };
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .dns_resolver(Arc::new(resolver))
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(self.timeout)
            .no_proxy()
            .user_agent(concat!("dashloom/", env!("CARGO_PKG_VERSION")))
            .build();
        client
            .map(HttpClient::new)
            .map_err(|source| object_store::Error::Generic {
                store: "HTTP client",
                source: Box::new(source),
            })
    }
}

/// Resolves names, and refuses those that lead inside the network.
#[derive(Debug)]
struct GuardedResolver {
    trusted: Arc<[String]>,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let trusted = self
            .trusted
            .iter()
            .any(|host| host.eq_ignore_ascii_case(name.as_str()));
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            if let Some(inside) = found.iter().find(|address| !trusted && is_inside(address.ip())) {
                let refusal = format!(
                    "{host} has the private address {}; name it as objects.s3_endpoint if it is meant",
                    inside.ip()
                );
                return Err(Box::<dyn Error + Send + Sync>::from(refusal));
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is not one of the open internet.
fn is_inside(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_inside_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_inside_v4(mapped),
            None => is_inside_v6(address),
        },
    }
}

fn is_inside_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_unspecified()
        || address.is_broadcast()
        || address.is_multicast()
        || first == 0
        || (first == 100 && (64..128).contains(&second))
}

fn is_inside_v6(address: Ipv6Addr) -> bool {
    address.is_loopback()
        || address.is_unspecified()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        || address.is_multicast()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_inside_the_network_are_known() {
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "::1",
            "fe80::1",
            "fd00::1",
            "::ffff:169.254.169.254",
        ] {
            assert!(is_inside(inside.parse().unwrap()), "{inside}");
        }
        for outside in [
            "52.216.1.1",
            "8.8.8.8",
            "2600:1f18::1",
            "100.128.0.1",
            "172.32.0.1",
        ] {
            assert!(!is_inside(outside.parse().unwrap()), "{outside}");
        }
    }

    #[tokio::test]
    async fn only_a_configured_host_may_be_inside() {
        let resolver = |trusted: &[&str]| GuardedResolver {
            trusted: trusted.iter().map(|host| (*host).to_owned()).collect(),
        };
        let name = || "localhost".parse::<Name>().unwrap();
        let refusal = resolver(&["minio.example"])
            .resolve(name())
            .await
            .map(|_| ())
            .unwrap_err();
        assert!(
            refusal.to_string().contains("localhost has the private address"),
            "{refusal}"
        );
        assert!(resolver(&["LOCALHOST"]).resolve(name()).await.is_ok());
    }
}
