//! Whom TLS trusts.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::failure::Failure;

/// Whom TLS trusts, and how it speaks: TLS 1.2 and 1.3 by ring, HTTP/2 before HTTP/1.1.
#[derive(Clone, Debug)]
pub struct Trust(pub(crate) Arc<ClientConfig>);

impl Trust {
    /// Mozilla's roots, compiled in: the same on every machine, and nothing to read at start.
    ///
    /// # Errors
    /// [`Failure::Address`]: never for these roots; the library's signature says it can.
    pub fn usual() -> Result<Self, Failure> {
        let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned();
        Self::of(roots.collect())
    }

    /// The certificates of a PEM file and no others.
    ///
    /// # Errors
    /// [`Failure::Address`]: it cannot be read, or holds no certificate.
    pub fn file(path: &Path) -> Result<Self, Failure> {
        let unusable = Failure::Address("no readable file of certificates");
        let mut roots = RootCertStore::empty();
        let certificates = CertificateDer::pem_file_iter(path).map_err(|_| unusable.clone())?;
        for certificate in certificates {
            let certificate = certificate.map_err(|_| unusable.clone())?;
            roots.add(certificate).map_err(|_| unusable.clone())?;
        }
        if roots.is_empty() {
            return Err(unusable);
        }
        Self::of(roots)
    }

    fn of(roots: RootCertStore) -> Result<Self, Failure> {
        let ring = Arc::new(rustls::crypto::ring::default_provider());
        let versions =
            ClientConfig::builder_with_provider(ring).with_safe_default_protocol_versions();
        let versions = versions.map_err(|_| Failure::Address("TLS cannot be set up"))?;
        let mut config = versions.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config)))
    }

    /// The same trust, for a proxy, which is spoken to in HTTP/1.1.
    pub(crate) fn for_proxy(&self) -> Arc<ClientConfig> {
        let mut config = ClientConfig::clone(&self.0);
        config.alpn_protocols.clear();
        Arc::new(config)
    }
}
