//! The signature checks of tokens by ring, which the process has anyway. Signing is not needed and not there.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, EncodingKey};
use ring::{hmac, signature as public};
use signature::Verifier;

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: no_signer,
    verifier_factory: verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes token checks use ring; once in a process, later calls change nothing.
pub fn install_ring() {
    // Somebody was first: it can only have been this function.
    let _ = PROVIDER.install_default();
}

/// One algorithm with one key.
struct Check {
    algorithm: Algorithm,
    key: DecodingKey,
}

fn no_signer(_: &Algorithm, _: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    Err(ErrorKind::UnsupportedAlgorithm.into())
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    if algorithm.family() != key.family() {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    Ok(Box::new(Check {
        algorithm: *algorithm,
        key: key.clone(),
    }))
}

impl JwtVerifier for Check {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl Verifier<Vec<u8>> for Check {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let bytes = || self.key.try_get_as_bytes().map_err(|_| signature::Error::new());
        let curve = |algorithm: &'static dyn public::VerificationAlgorithm| {
            let key = public::UnparsedPublicKey::new(algorithm, bytes()?);
            key.verify(message, signature)
                .map_err(|_| signature::Error::new())
        };
        match self.algorithm {
            Algorithm::HS256 => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, bytes()?);
                hmac::verify(&key, message, signature).map_err(|_| signature::Error::new())
            }
            Algorithm::RS256 => self.rsa(&public::RSA_PKCS1_2048_8192_SHA256, message, signature),
            Algorithm::PS256 => self.rsa(&public::RSA_PSS_2048_8192_SHA256, message, signature),
            Algorithm::ES256 => curve(&public::ECDSA_P256_SHA256_FIXED),
            Algorithm::EdDSA => curve(&public::ED25519),
            _ => Err(signature::Error::new()),
        }
    }
}

impl Check {
    fn rsa(
        &self,
        parameters: &'static public::RsaParameters,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), signature::Error> {
        match self.key.kind() {
            DecodingKeyKind::RsaModulusExponent { n, e } => public::RsaPublicKeyComponents { n, e }
                .verify(parameters, message, signature)
                .map_err(|_| signature::Error::new()),
            DecodingKeyKind::SecretOrDer(_) => Err(signature::Error::new()),
        }
    }
}
