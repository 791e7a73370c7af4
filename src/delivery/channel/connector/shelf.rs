//! The connectors that there are: those that come with the program, and the user's own, which win.

use std::path::{Path, PathBuf};

use super::file::{File, MAX_FILE};
use crate::error::{Error, Result, io};
use crate::text::nearest;

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        /// What comes with the program, by name.
        const SHIPPED: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../../../connectors/", $name, ".toml")))),*];
    };
}

shipped!("matrix", "wordpress",);

/// A connector, and where it is from.
#[derive(Debug, Clone, PartialEq)]
pub struct Shelved {
    /// The connector, or what is wrong with it.
    pub file: Result<File, String>,
    /// Its name.
    pub name: String,
    /// The user's own file; none for one that comes with the program.
    pub path: Option<PathBuf>,
    /// Whether it stands in the place of one that comes with the program.
    pub instead: bool,
}

/// All connectors, by name.
///
/// # Errors
/// Kind failed where the user's directory cannot be read.
pub fn all(own: Option<&Path>) -> Result<Vec<Shelved>> {
    let mut shelf = Vec::new();
    for path in own.map(files).transpose()?.into_iter().flatten() {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let instead = SHIPPED.iter().any(|(shipped, _)| *shipped == name);
        shelf.push(Shelved { file: read(&path).map_err(|e| e.to_string()), name, path: Some(path), instead });
    }
    for (name, text) in SHIPPED {
        if !shelf.iter().any(|one: &Shelved| one.name == *name) {
            let file = File::parse(text).map_err(|e| e.to_string());
            shelf.push(Shelved { file, name: (*name).to_owned(), path: None, instead: false });
        }
    }
    shelf.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(shelf)
}

/// The user's own files.
fn files(dir: &Path) -> Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(io("read", dir, e)),
    };
    let is_connector = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "toml");
    Ok(entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).filter(is_connector).collect())
}

/// Reads a connector file.
///
/// # Errors
/// Kind bad input with the file's name and the line; kind not found without such a file.
pub fn read(path: &Path) -> Result<File> {
    let metadata = std::fs::metadata(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => Error::not_found(format!("there is no file {}", path.display())),
        _ => io("read", path, e),
    })?;
    if !metadata.is_file() || metadata.len() > MAX_FILE as u64 {
        return Err(Error::bad_input(format!(
            "{} is no connector: a file of {MAX_FILE} bytes at most",
            path.display()
        )));
    }
    let bytes = std::fs::read(path).map_err(|e| io("read", path, e))?;
    let text = String::from_utf8(bytes).map_err(|_| Error::bad_input(format!("{} is not UTF-8", path.display())))?;
    File::parse(&text).map_err(|e| {
        Error::bad_input(format!("{}, {e}", path.display()))
            .hint("docs/recipes/connectors.md says what a connector holds")
    })
}

/// The connector of a name: the user's own, or one that comes with the program.
///
/// # Errors
/// Kind not found for an unknown one; kind bad input for one that is not right.
pub fn named(name: &str, own: Option<&Path>) -> Result<File> {
    let path = own.map(|dir| dir.join(format!("{name}.toml"))).filter(|path| path.is_file() && !name.contains('/'));
    if let Some(path) = path {
        return read(&path);
    }
    if let Some((_, text)) = SHIPPED.iter().find(|(shipped, _)| *shipped == name) {
        return File::parse(text);
    }
    let near = nearest(name, SHIPPED.iter().map(|(shipped, _)| *shipped));
    Err(Error::not_found(format!("there is no connector {name:?}")).hint(match near.as_slice() {
        [] => "cmr vendor connector list shows all".to_owned(),
        near => format!("did you mean {}?", near.join(" or ")),
    }))
}
