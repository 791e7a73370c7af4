//! Whom we trust at the other end of TLS, whatever is spoken over it.

use std::path::Path;
use std::sync::Arc;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::error::{Error, Result, io};

/// A client that trusts the web's certificate authorities, and those in the file that `CMR_CA_FILE` names.
///
/// # Errors
/// Kind bad input for a file without certificates.
pub fn client() -> Result<rustls::ClientConfig> {
    let extra = std::env::var_os("CMR_CA_FILE");
    client_that_trusts(extra.as_deref().map(Path::new))
}

/// The same with the authorities in this file.
///
/// # Errors
/// As [`client`].
pub fn client_that_trusts(extra: Option<&Path>) -> Result<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = extra {
        let pem = std::fs::read(path).map_err(|e| io("read", path, e))?;
        let certificates: Vec<CertificateDer> = CertificateDer::pem_slice_iter(&pem).filter_map(|c| c.ok()).collect();
        let (added, _) = roots.add_parsable_certificates(certificates);
        if added == 0 {
            return Err(Error::bad_input(format!("{} holds no certificate (CMR_CA_FILE)", path.display())));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::failed(format!("cannot set up TLS: {e}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}
