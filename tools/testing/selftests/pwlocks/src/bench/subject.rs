// SPDX-License-Identifier: GPL-2.0

//! What is measured: the kernel as it is, or with mm_swap_live in either mode.

use crate::{
    environment,
    ktap::Trouble,
    live::{Applied, Setting},
    triggers,
};
use serde::Serialize;
use std::fmt;

/// The subject, as the lines of JSON name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Subject {
    subject: triggers::Subject,
    pwlocks: Option<u8>,
}

/// With the module, in the mode 0 or 1.
const fn live(mode: u8) -> Subject {
    Subject {
        subject: triggers::Subject::Live,
        pwlocks: Some(mode),
    }
}

impl Subject {
    /// With nothing of ours loaded.
    pub const STOCK: Self = Self {
        subject: triggers::Subject::Stock,
        pwlocks: None,
    };

    /// All.
    pub const ALL: &[Self] = &[Self::STOCK, live(0), live(1)];

    /// Those that drain in different ways: with the module off, it is as the stock kernel does.
    pub const TWO_WAYS: &[Self] = &[Self::STOCK, live(1)];

    /// Those that the caller asks for (`PWLOCKS_SUBJECT`, `PWLOCKS_PARAM`). If it asks for none, `otherwise`:
    /// the times of one boot compare best.
    pub fn wanted(otherwise: &[Self]) -> Result<Vec<Self>, Trouble> {
        let (subject, mode) = (environment::subject(), environment::param());

        Self::chosen(subject.as_deref(), mode.as_deref(), otherwise)
    }

    fn chosen(
        subject: Option<&str>,
        mode: Option<&str>,
        otherwise: &[Self],
    ) -> Result<Vec<Self>, Trouble> {
        Ok(match (subject, mode) {
            (None, None) => otherwise.to_vec(),
            (Some("stock"), _) => vec![Self::STOCK],
            (Some("live"), None) => vec![live(0), live(1)],
            (Some("live") | None, Some("0")) => vec![live(0)],
            (Some("live") | None, Some("1")) => vec![live(1)],
            (subject, mode) => {
                return Err(format!(
                    "neither stock nor live with pwlocks=0 or 1 is asked for: \
                     PWLOCKS_SUBJECT={subject:?} PWLOCKS_PARAM={mode:?}"
                )
                .into());
            }
        })
    }

    /// Loads what it takes, and checks that the kernel sees it the same way.
    pub fn apply(self) -> Result<Applied, Trouble> {
        let setting = match self.pwlocks {
            None => Setting::Stock,
            Some(0) => Setting::Off,
            Some(_) => Setting::On,
        };
        let applied = setting.apply()?;

        applied.check()?;
        Ok(applied)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pwlocks {
            None => f.write_str("stock"),
            Some(mode) => write!(f, "live, pwlocks={mode}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Subject, live};

    const STOCK: Subject = Subject::STOCK;

    #[test]
    fn names() {
        let json = serde_json::to_string(&[STOCK, live(1)]).expect("JSON");
        assert_eq!(
            json,
            r#"[{"subject":"stock","pwlocks":null},{"subject":"live","pwlocks":1}]"#
        );
    }

    #[test]
    fn as_asked_for() {
        let otherwise = Subject::TWO_WAYS;
        let chosen = |subject, mode| Subject::chosen(subject, mode, otherwise).unwrap_or_default();
        assert_eq!(chosen(None, None), [STOCK, live(1)]);
        assert_eq!(chosen(Some("stock"), None), [STOCK]);
        // The mode is for the modules, of which there are none.
        assert_eq!(chosen(Some("stock"), Some("1")), [STOCK]);
        assert_eq!(chosen(Some("live"), None), [live(0), live(1)]);
        assert_eq!(chosen(Some("live"), Some("0")), [live(0)]);
        assert_eq!(chosen(None, Some("1")), [live(1)]);
        assert!(Subject::chosen(Some("demo"), None, otherwise).is_err());
        assert!(Subject::chosen(Some("live"), Some("auto"), otherwise).is_err());
    }
}
