//! The schema as bytes in the compiled artifact.
//!
//! Each model is one frame in the section [`SECTION`] of the artifact that declares it:
//!
//! ```text
//! magic (8 bytes) · format version (u32 LE) · length of the JSON (u32 LE) · JSON
//! ```
//!
//! The JSON is what `serde_json` would write for the [`Model`], but written by a `const fn`, since a section is filled
//! while the crate compiles. [`bytes`] alone is generic over the length; the writer itself takes a slice, which keeps
//! constant evaluation at some ten milliseconds a model.

use std::fmt;

use crate::schema::Model;

mod writer;

use writer::Out;
pub(crate) use writer::{items, target, text};

/// The section, on ELF and PE; on Mach-O it is `__DATA,syncmeta`. PE allows eight bytes.
pub const SECTION: &str = "syncmeta";

/// What a frame begins with.
pub const MAGIC: [u8; 8] = *b"syncmod\x01";

/// Version of the JSON in a frame; it changes with the schema's own shape.
pub const FORMAT: u32 = 1;

const HEADER: usize = MAGIC.len() + 8;

/// The length of a model's frame.
pub const fn len(model: &Model) -> usize {
    let mut out = Out::new(&mut []);
    out.model(model);
    HEADER + out.len()
}

/// A model's frame; `N` is its [`len`].
pub const fn bytes<const N: usize>(model: &Model) -> [u8; N] {
    let mut frame = [0; N];
    fill(&mut frame, model);
    frame
}

const fn fill(frame: &mut [u8], model: &Model) {
    let json = frame.len() - HEADER;
    let (header, body) = frame.split_at_mut(HEADER);
    let (magic, numbers) = header.split_at_mut(MAGIC.len());
    let (format, length) = numbers.split_at_mut(4);
    magic.copy_from_slice(&MAGIC);
    format.copy_from_slice(&FORMAT.to_le_bytes());
    length.copy_from_slice(&(json as u32).to_le_bytes());
    let mut out = Out::new(body);
    out.model(model);
    assert!(out.len() == json, "`N` is not the length of the frame");
}

/// Why a section could not be read.
#[derive(Debug)]
pub enum SectionError {
    /// Bytes that begin no frame.
    NotOurs {
        /// Where in the section.
        offset: usize,
    },
    /// A frame that ends before its length.
    Truncated {
        /// Where in the section.
        offset: usize,
    },
    /// A frame of another version.
    Format {
        /// The version of the frame.
        found: u32,
    },
    /// A frame whose JSON is no model.
    Json {
        /// Where in the section.
        offset: usize,
        /// What the parser says.
        source: serde_json::Error,
    },
}

impl fmt::Display for SectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SectionError::NotOurs { offset } => {
                write!(f, "section `{SECTION}` holds foreign bytes at {offset}")
            }
            SectionError::Truncated { offset } => {
                write!(f, "section `{SECTION}` ends inside the model at {offset}")
            }
            SectionError::Format { found } => write!(
                f,
                "the crate was built with a sync-runtime that writes schema format {found}, and this tool reads \
                 format {FORMAT}: use the same version of both"
            ),
            SectionError::Json { offset, source } => {
                write!(
                    f,
                    "the model at {offset} of section `{SECTION}` cannot be read: {source}"
                )
            }
        }
    }
}

impl std::error::Error for SectionError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            SectionError::Json { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// The models of one section: frames in a row, with the linker's zeros between them.
///
/// # Errors
///
/// The first frame that cannot be read.
pub fn read_section(section: &[u8]) -> Result<Vec<Model>, SectionError> {
    let mut models = Vec::new();
    let mut offset = 0;
    while let Some(padding) = section[offset..].iter().position(|byte| *byte != 0) {
        offset += padding;
        let (json, next) = frame(section, offset)?;
        let model =
            serde_json::from_slice(json).map_err(|source| SectionError::Json { offset, source })?;
        models.push(model);
        offset = next;
    }
    Ok(models)
}

/// The JSON of the frame at `offset` and where the next may begin.
fn frame(section: &[u8], offset: usize) -> Result<(&[u8], usize), SectionError> {
    let rest = &section[offset..];
    if !rest.starts_with(&MAGIC) {
        return Err(SectionError::NotOurs { offset });
    }
    let number = |at: usize| {
        let bytes = rest.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes
            .map(u32::from_le_bytes)
            .ok_or(SectionError::Truncated { offset })
    };
    let format = number(MAGIC.len())?;
    if format != FORMAT {
        return Err(SectionError::Format { found: format });
    }
    let length = number(MAGIC.len() + 4)? as usize;
    let json = rest
        .get(HEADER..HEADER + length)
        .ok_or(SectionError::Truncated { offset })?;
    Ok((json, offset + HEADER + length))
}

#[cfg(test)]
mod tests;
