//! `vendor connector`.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::View;
use super::text::{Text, Tone, plain, toned};
use crate::delivery::channel::connector::Shelved;
use crate::delivery::channel::connector::file::{AuthKind, By, File};
use crate::text::printable;

/// `cmr vendor connector list`.
#[derive(Serialize, JsonSchema)]
pub struct Connectors {
    /// Where your own files lie.
    pub folder: Option<String>,
    /// The connectors, by name.
    pub connectors: Vec<ConnectorLine>,
}

/// A connector in the list.
#[derive(Serialize, JsonSchema)]
pub struct ConnectorLine {
    /// What it is called.
    pub name: String,
    /// Your own file; null for one that comes with cmr.
    pub path: Option<String>,
    /// Whether it stands before one of the same name that comes with cmr.
    pub hides_shipped: bool,
    /// What it does; null for a file that cannot be used.
    pub connector: Option<ConnectorView>,
    /// Why a file cannot be used.
    pub problem: Option<String>,
}

/// What a connector does.
#[derive(Serialize, JsonSchema)]
pub struct ConnectorView {
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub title: String,
    /// The one host that it is at; null where you say where it is.
    pub host: Option<String>,
    /// What to give as --url, where it is you who says.
    pub url: Option<String>,
    /// The claims that it brings.
    pub claims: Vec<String>,
    /// The claims that it shows.
    pub shows: Vec<String>,
    /// How it lets in.
    pub auth: AuthKind,
    /// Where you get the token or the password.
    pub token: String,
    /// What it wants by --with.
    pub fields: Vec<FieldView>,
    /// What can be taken back.
    pub take_back: By,
    /// What you are to do about what cannot be.
    pub ask: Option<String>,
    /// Where the API is described.
    pub documentation: String,
    /// When that was read.
    pub read_on: String,
    /// What it was run against.
    pub checked: String,
    /// What is worth knowing before.
    pub remark: Option<String>,
}

/// Something that a connector wants.
#[derive(Serialize, JsonSchema)]
pub struct FieldView {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// Whether it may be missing.
    pub optional: bool,
}

/// `cmr vendor connector check`.
#[derive(Serialize, JsonSchema)]
pub struct Checked {
    /// The file.
    pub file: String,
    /// What it does.
    pub connector: ConnectorView,
}

impl ConnectorLine {
    /// The view of a connector on the shelf.
    pub fn of(shelved: &Shelved) -> Self {
        Self {
            name: shelved.name.clone(),
            path: shelved.path.as_ref().map(|path| printable(&path.display().to_string())),
            hides_shipped: shelved.hides_shipped,
            connector: shelved.file.as_ref().ok().map(ConnectorView::from),
            problem: shelved.file.as_ref().err().map(ToString::to_string),
        }
    }
}

impl From<&File> for ConnectorView {
    fn from(file: &File) -> Self {
        let field = |(name, field): (&String, &crate::delivery::channel::connector::file::Field)| FieldView {
            name: name.clone(),
            description: field.description.clone(),
            optional: field.optional,
        };
        Self {
            name: file.name.clone(),
            title: file.title.clone(),
            host: file.host.fixed.clone(),
            url: file.host.given.clone(),
            claims: file.claims.clone(),
            shows: file.shows().into_iter().map(str::to_owned).collect(),
            auth: file.auth.kind,
            token: file.auth.token.clone(),
            fields: file.fields.iter().map(field).collect(),
            take_back: file.take_back.by,
            ask: file.take_back.ask.clone(),
            documentation: file.documentation.url.clone(),
            read_on: file.documentation.read.clone(),
            checked: file.checked.clone(),
            remark: file.remark.clone(),
        }
    }
}

impl ConnectorView {
    /// How a vendor is added by it.
    fn line(&self) -> String {
        let url = if self.host.is_some() { "" } else { " --url https://…" };
        let fields = self.fields.iter().filter(|field| !field.optional);
        let with: String = fields.map(|field| format!(" --with {}=…", field.name)).collect();
        let name = &self.name;
        format!("cmr vendor add {name}{url} --channel connector --connector {name}{with} --token-file FILE")
    }

    fn taken_back(&self) -> &'static str {
        match self.take_back {
            By::Clear => "cleared there",
            By::DeleteToken => "by making the token invalid",
            By::Ask => "you must ask the vendor",
        }
    }
}

/// The form of a connector file: a document that is read, and not printed.
struct FileForm;

impl FileForm {
    const SCHEMA: &'static str = "cmr/connector-file/1";
}

/// The name and the schema of connector files.
pub(super) fn file_form() -> (&'static str, Schema) {
    let mut schema = SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<File>();
    schema.insert("title".into(), FileForm::SCHEMA.into());
    (FileForm::SCHEMA, schema)
}

impl View for Connectors {
    const SCHEMA: &'static str = "cmr/connectors/1";

    fn text(&self, out: &mut Text) {
        let row = |line: &ConnectorLine| {
            let (from, tone) = match (&line.path, line.hides_shipped) {
                (None, _) => ("comes with cmr", Tone::Dim),
                (Some(_), false) => ("your file", Tone::Good),
                (Some(_), true) => ("your file, instead of the one that comes with cmr", Tone::Warn),
            };
            let (title, claims, checked) = match (&line.connector, &line.problem) {
                (Some(view), _) => (plain(&view.title), view.claims.join(", "), view.checked.clone()),
                (None, problem) => {
                    (toned("cannot be used", Tone::Bad), String::new(), problem.clone().unwrap_or_default())
                }
            };
            [toned(&line.name, Tone::Strong), title, plain(claims), plain(checked), toned(from, tone)]
        };
        out.table(["connector", "for", "brings", "run", "from"], self.connectors.iter().map(row).collect());
        if let Some(folder) = &self.folder {
            out.line(format!("Your own lie in {folder}."));
        }
    }
}

impl View for Checked {
    const SCHEMA: &'static str = "cmr/connector-check/1";

    fn text(&self, out: &mut Text) {
        let view = &self.connector;
        out.heading(&format!("{}, {}", view.name, view.title));
        out.fields([
            ("brings", view.claims.join(", ")),
            ("shows", view.shows.join(", ")),
            ("taken back", view.taken_back().to_owned()),
            ("host", view.host.clone().or_else(|| view.url.clone()).unwrap_or_default()),
            ("token", view.token.clone()),
            ("written from", format!("{}, read on {}", view.documentation, view.read_on)),
            ("run", view.checked.clone()),
            ("remark", view.remark.clone().unwrap_or_default()),
        ]);
        for field in &view.fields {
            out.line(format!("  --with {}=…  {}", field.name, printable(&field.description)));
        }
        out.step("No mistake in it. To use it:", &view.line());
    }
}
