//! The opaque cursor of a reader.
//!
//! It names the log (its epoch), the tenant, what the reader may see, and a position. A reader whose rights have
//! changed must start anew, since what was hidden from him lies behind his position.

use crate::{registry::Models, semantics::access::Rights};

/// What the cursors of a reader have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    epoch: String,
    tenant: String,
    rights: String,
    /// The fields that the reader may not see, of which `rights` is the short form.
    hidden: String,
}

/// Why a cursor cannot be read on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CursorError {
    /// Not one of this server's, or another tenant's.
    Invalid,
    /// From before a restore, or from other field rights than now.
    Expired,
}

impl Scope {
    /// The scope of a reader.
    pub fn new(epoch: &str, tenant: &str, models: &Models, rights: &Rights) -> Self {
        let mut hidden = String::new();
        for model in models.schema().models() {
            for field in model.shared_fields().filter(|field| !rights.sees(field)) {
                hidden.push_str(&format!("{}.{};", model.entity, field.name));
            }
        }
        Self {
            epoch: epoch.to_owned(),
            tenant: short_hash(tenant),
            rights: short_hash(&hidden),
            hidden,
        }
    }

    /// The name of the log.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// The cursor of a position.
    pub fn cursor(&self, position: u64) -> String {
        format!("{}-{}-{}.{position}", self.epoch, self.tenant, self.rights)
    }

    /// The position of a cursor. `last` is the log's last position.
    ///
    /// # Errors
    ///
    /// It cannot be read on from.
    pub fn position(&self, cursor: &str, last: u64) -> Result<u64, CursorError> {
        let (scope, position) = cursor.split_once('.').ok_or(CursorError::Invalid)?;
        let mut parts = scope.split('-');
        let (Some(epoch), Some(tenant), Some(rights), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(CursorError::Invalid);
        };
        let hex = |text: &str| text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let digits =
            (1..=19).contains(&position.len()) && position.bytes().all(|b| b.is_ascii_digit());
        if ![epoch, tenant, rights].into_iter().all(hex) || !digits || tenant != self.tenant {
            return Err(CursorError::Invalid);
        }
        let position = position.parse().map_err(|_| CursorError::Invalid)?;
        if epoch != self.epoch || rights != self.rights || position > last {
            return Err(CursorError::Expired);
        }
        Ok(position)
    }
}

/// FNV-1a, folded to 32 bits: the same in every process and version, which the standard hasher does not promise.
fn short_hash(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{:08x}", (hash ^ (hash >> 32)) as u32)
}
