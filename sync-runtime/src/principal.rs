//! Who a request acts for.

use std::time::SystemTime;

use crate::semantics::access::Rights;

/// The most characters of a tenant id.
const MAX_TENANT: usize = 64;

/// Who a request acts for, by the word of the application's authenticator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// 1 to 64 of `A-Za-z0-9_-`.
    pub tenant_id: String,
    /// Who did it, in the audit trail.
    pub user_id: String,
    /// What the user may do; the role `owner` sees and writes `owner_only` fields.
    pub roles: Vec<String>,
    /// When the token ends; `None`: never.
    pub expires_at: Option<SystemTime>,
}

impl Principal {
    /// A principal whose token does not end.
    pub fn new(
        tenant_id: impl Into<String>,
        user_id: impl Into<String>,
        roles: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            tenant_id: tenant_id.into(),
            user_id: user_id.into(),
            roles: roles.into_iter().map(Into::into).collect(),
            expires_at: None,
        }
    }

    /// Whether tenant and user can be that of a log.
    pub fn is_valid(&self) -> bool {
        let tenant = &self.tenant_id;
        let letters = tenant
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        (1..=MAX_TENANT).contains(&tenant.len())
            && letters
            && !self.user_id.is_empty()
            && !self.user_id.contains('\0')
    }

    /// What the principal may see and write.
    pub fn rights(&self) -> Rights {
        Rights::of_roles(&self.roles)
    }
}
