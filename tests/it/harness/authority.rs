//! Certificates for servers of a test's own.

use rcgen::{BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// An authority and a certificate of it for 127.0.0.1.
pub struct Authority {
    pub root: Certificate,
    pub server: Certificate,
    pub key: KeyPair,
}

impl Authority {
    pub fn new() -> Self {
        let authority = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        // Under the name of the server's own, its certificate would seem to be signed by itself.
        params.distinguished_name.push(DnType::CommonName, "an authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = params.self_signed(&authority).unwrap();
        let issuer = Issuer::new(params, authority);
        let key = KeyPair::generate().unwrap();
        let server = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let server = server.signed_by(&key, &issuer).unwrap();
        Self { root, server, key }
    }

    /// The server's key and certificate as one PEM text.
    pub fn identity(&self) -> String {
        format!("{}{}", self.key.serialize_pem(), self.server.pem())
    }
}
