//! Where connectors are: those that come with the program, and the user's own, which win.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::check::is_name;
use super::file::File;
use super::load::{self, MAX_FILE};
use crate::error::{Error, Result, io};
use crate::text::{nearest, printable};

/// The most files of the user's that are looked at.
const MAX_FILES: usize = 256;

macro_rules! shipped {
    ($($name:literal),*) => {
        [$(($name, include_str!(concat!("../../../../connectors/", $name, ".toml")))),*]
    };
}

/// Those that come with the program.
const SHIPPED: [(&str, &str); 10] = shipped![
    "discourse",
    "github",
    "gitlab",
    "gravatar",
    "mastodon",
    "matrix",
    "nextcloud",
    "shopify-customer",
    "weblate",
    "wordpress"
];

/// A connector on the shelf.
#[derive(Debug)]
pub struct Shelved {
    /// What it is called.
    pub name: String,
    /// Its file; none for one that comes with the program.
    pub path: Option<PathBuf>,
    /// Whether it stands before one of the same name that comes with the program.
    pub hides_shipped: bool,
    /// What it holds, or why that cannot be used.
    pub file: Result<File>,
}

/// All of them, by name; `folder` holds the user's own.
///
/// # Errors
/// Kind failed for a folder that cannot be read; kind bad input for one with too many files.
pub fn list(folder: Option<&Path>) -> Result<Vec<Shelved>> {
    let mut all: Vec<Shelved> = own(folder)?.into_iter().map(|(name, path)| by_user(name, path)).collect();
    let hidden: Vec<String> = all.iter().map(|one| one.name.clone()).collect();
    let shipped = SHIPPED.iter().filter(|(name, _)| !hidden.iter().any(|own| own == name));
    all.extend(shipped.map(|(name, text)| Shelved {
        name: (*name).to_owned(),
        path: None,
        hides_shipped: false,
        file: read(&format!("the connector {name}"), text),
    }));
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

/// The connector of a name, the user's own before one that comes with the program.
///
/// # Errors
/// Kind not found, naming the nearest; kind bad input for a file that cannot be used.
pub fn find(name: &str, folder: Option<&Path>) -> Result<File> {
    if let Some((_, path)) = own(folder)?.into_iter().find(|(own, _)| own == name) {
        return file(&path);
    }
    if let Some((_, text)) = SHIPPED.iter().find(|(shipped, _)| *shipped == name) {
        return read(&format!("the connector {name}"), text);
    }
    let near = nearest(name, SHIPPED.iter().map(|(shipped, _)| *shipped));
    Err(Error::not_found(format!("there is no connector {:?}", printable(name))).hint(match near.first() {
        Some(near) => format!("did you mean {near}? cmr vendor connector list shows all"),
        None => "cmr vendor connector list shows all".to_owned(),
    }))
}

/// Reads a connector's file.
///
/// # Errors
/// Kind bad input with every mistake and its line and column; kind failed for the disk.
pub fn file(path: &Path) -> Result<File> {
    let named = printable(&path.display().to_string());
    let mut bytes = Vec::new();
    let open = fs::File::open(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => Error::not_found(format!("there is no file {named}")),
        _ => io("read", path, e),
    })?;
    open.take(MAX_FILE as u64 + 1).read_to_end(&mut bytes).map_err(|e| io("read", path, e))?;
    if bytes.len() > MAX_FILE {
        return Err(Error::bad_input(format!("{named} is larger than {MAX_FILE} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|_| Error::bad_input(format!("{named} is not UTF-8")))?;
    let file = read(&named, &text)?;
    match path.file_stem().and_then(|stem| stem.to_str()) == Some(&file.name) {
        true => Ok(file),
        false => Err(Error::bad_input(format!("{named} calls itself {}", file.name))
            .hint(format!("call the file {}.toml", file.name))),
    }
}

fn read(named: &str, text: &str) -> Result<File> {
    load::parse(text).map_err(|mistakes| load::refusal(named, &mistakes))
}

fn by_user(name: String, path: PathBuf) -> Shelved {
    let hides_shipped = SHIPPED.iter().any(|(shipped, _)| *shipped == name);
    Shelved { hides_shipped, file: file(&path), path: Some(path), name }
}

/// The user's own files. What is not called as a connector is not one.
fn own(folder: Option<&Path>) -> Result<Vec<(String, PathBuf)>> {
    let Some(folder) = folder else { return Ok(Vec::new()) };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(io("read", folder, e)),
    };
    let mut own = Vec::new();
    for entry in entries {
        let path = entry.map_err(|e| io("read", folder, e))?.path();
        let name = path.file_stem().and_then(|stem| stem.to_str()).filter(|name| is_name(name)).map(str::to_owned);
        if let (Some(name), Some("toml")) = (name, path.extension().and_then(|end| end.to_str())) {
            own.push((name, path));
        }
        if own.len() > MAX_FILES {
            return Err(Error::bad_input(format!("{} holds more than {MAX_FILES} connectors", folder.display())));
        }
    }
    own.sort();
    Ok(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_connector_is_without_a_mistake_and_called_as_its_file() {
        for (name, text) in SHIPPED {
            let file = load::parse(text).unwrap_or_else(|mistakes| panic!("{name}: {mistakes:#?}"));
            assert_eq!(file.name, name);
        }
    }

    #[test]
    fn a_mistyped_name_finds_its_neighbour() {
        let error = find("matrx", None).unwrap_err();
        assert!(error.hint_text().unwrap().contains("did you mean matrix?"));
    }
}
