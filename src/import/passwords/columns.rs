//! What the columns of a CSV export are called: by managers and browsers, in any order, and in the languages that people
//! write their own tables in.

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The addresses of the login.
    Address,
    /// What the user calls it.
    Title,
    /// What the user calls it, behind the groups that it is in: Password Safe's `Shops.Books.My shop`.
    PathTitle,
    /// The user name.
    Account,
    /// A further user name.
    OtherAccount,
    /// An e-mail address.
    Email,
    /// A password: dropped.
    Password,
    /// A TOTP secret or passkey: dropped.
    SecondFactor,
    /// The number or code of a card: dropped.
    Card,
    /// A note, or anything that is not known: dropped.
    Note,
    /// A folder, group, vault or tag.
    Folder,
    /// When it was made.
    Created,
    /// When it was changed last.
    Changed,
    /// When it was used last.
    Used,
    /// The export's own id of it.
    Id,
    /// What sort of item it is.
    Sort,
    /// What a server calls what the login is for (RFC 9110, section 11.5).
    Realm,
    /// Something that no one misses: whether it is a favourite, its icon.
    Trifle,
}

/// The names that columns have in general: of managers, browsers, and tables that people made themselves.
const GENERAL: [(Role, &[&str]); 18] = [
    (
        Role::Address,
        &[
            "url",
            "urls",
            "uri",
            "website",
            "web site",
            "website url",
            "site",
            "origin",
            "hostname",
            "host",
            "domain",
            "login_uri",
            "login uri",
            "login url",
            "link",
            "webseite",
            "webadresse",
            "internetadresse",
            "site web",
            "adresse web",
            "sitio web",
            "sito web",
            "pagina web",
            "página web",
            "websted",
            "webbplats",
            "url(s)",
        ],
    ),
    (
        Role::Title,
        &[
            "name",
            "title",
            "item name",
            "display name",
            "titel",
            "titre",
            "título",
            "titulo",
            "titolo",
            "tytuł",
            "bezeichnung",
            "nom",
            "nombre",
            "nome",
            "naam",
            "namn",
            "navn",
            "tittel",
            "название",
            "タイトル",
            "名称",
        ],
    ),
    (
        Role::Account,
        &[
            "username",
            "user name",
            "user",
            "login",
            "login name",
            "login_username",
            "loginname",
            "account",
            "userid",
            "benutzername",
            "benutzer",
            "nutzername",
            "anmeldename",
            "nom d'utilisateur",
            "nom d’utilisateur",
            "utilisateur",
            "identifiant",
            "usuario",
            "nombre de usuario",
            "utente",
            "nome utente",
            "gebruikersnaam",
            "nome de usuário",
            "usuário",
            "nome de utilizador",
            "användarnamn",
            "brugernavn",
            "brukernavn",
            "nazwa użytkownika",
            "имя пользователя",
            "логин",
            "ユーザ名",
            "ユーザー名",
            "用户名",
        ],
    ),
    (Role::PathTitle, &["group/title"]),
    (Role::OtherAccount, &["username2", "username3", "secondary login", "secondarylogin"]),
    (Role::Email, &["email", "e-mail", "email address", "e-mail-adresse", "correo", "courriel"]),
    (
        Role::Password,
        &[
            "password",
            "login_password",
            "pass",
            "passwd",
            "pwd",
            "passwort",
            "kennwort",
            "mot de passe",
            "contraseña",
            "clave",
            "senha",
            "palavra-passe",
            "wachtwoord",
            "lösenord",
            "adgangskode",
            "passord",
            "hasło",
            "пароль",
            "パスワード",
            "密码",
        ],
    ),
    (
        Role::SecondFactor,
        &["totp", "otp", "otpauth", "otpsecret", "otpurl", "login_totp", "2fa", "one-time password", "otp url", "hotp"],
    ),
    (
        Role::Card,
        &[
            "cc_number",
            "code",
            "card number",
            "cardnumber",
            "cvv",
            "cvc",
            "account_number",
            "routing_number",
            "iban",
            "verification number",
        ],
    ),
    (Role::Note, &["note", "notes", "comment", "comments", "extra", "fields", "notizen", "remarques", "notas"]),
    (
        Role::Folder,
        &[
            "folder",
            "group",
            "grouping",
            "category",
            "vault",
            "collections",
            "tags",
            "ordner",
            "gruppe",
            "dossier",
            "groupe",
            "catégorie",
            "kategorie",
            "carpeta",
            "cartella",
        ],
    ),
    (Role::Created, &["created", "createtime", "timecreated", "created date", "createdat", "creation time"]),
    (
        Role::Changed,
        &[
            "last modified",
            "modified",
            "modifytime",
            "timepasswordchanged",
            "modified date",
            "last changed",
            "updatedat",
            "modification time",
        ],
    ),
    (Role::Used, &["timelastused", "last used", "last accessed", "last access"]),
    (Role::Id, &["uuid", "itemid"]),
    (Role::Sort, &["type", "item type"]),
    (Role::Realm, &["httprealm"]),
    (
        Role::Trifle,
        &[
            "favorite",
            "favourite",
            "fav",
            "icon",
            "reprompt",
            "formactionorigin",
            "formsubmiturl",
            "matchurl",
            "archived",
            "archiveddate",
            "scope",
            "guid",
        ],
    ),
];

/// What a column of this name holds in general.
pub(super) fn general(column: &str) -> Option<Role> {
    let known = GENERAL.iter().find(|(_, names)| names.contains(&column)).map(|(role, _)| *role);
    known.or_else(|| names_an_address(column).then_some(Role::Address))
}

/// The words of a name that say that a column is for addresses, whatever stands beside them: `Site URL`, `login_url`. Of
/// what stands in it only a host is kept.
const OF_ADDRESSES: [&str; 11] =
    ["url", "urls", "uri", "uris", "web", "website", "webpage", "webseite", "internetseite", "homepage", "hostname"];

/// The words of a name that say that it is for something else: `Web PIN`, `Icon URL`.
const OF_OTHERS: [&str; 16] = [
    "pin", "code", "otp", "totp", "otpauth", "secret", "key", "token", "icon", "image", "logo", "note", "notes",
    "favicon", "form", "match",
];

fn names_an_address(column: &str) -> bool {
    let words = || column.split(|c: char| !c.is_alphanumeric());
    words().any(|word| OF_ADDRESSES.contains(&word)) && !words().any(|word| OF_OTHERS.contains(&word))
}

/// What a header's cell is called: without case and white space around it.
pub(super) fn column_name(cell: &str) -> String {
    cell.trim().trim_start_matches('\u{feff}').to_lowercase()
}

/// Whether a table of such columns can be read at all: a password, and what says whose.
pub(super) fn is_of_logins(columns: &[String]) -> bool {
    let has = |role: Role| columns.iter().any(|column| general(column) == Some(role));
    let is_called = has(Role::Title) || has(Role::PathTitle);
    has(Role::Password) && (has(Role::Address) || is_called && has(Role::Account))
}
