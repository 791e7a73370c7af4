//! A small export in each format, written by hand after its description: the same two logins in each, and in every
//! place for a secret a text with `S3CRET` in it.

use std::io::{Cursor, Write};

use super::format::Format;

/// What cannot be in anything that a reader tells.
pub(super) const MARK: &str = "S3CRET";

/// What every sample has: host and account.
pub(super) const LOGINS: [(&str, &str); 2] = [("bank.example", "4711"), ("shop.example", "ada@example.org")];

const BITWARDEN_JSON: &str = r#"{"encrypted": false,
 "folders": [{"id": "f1", "name": "Money"}],
 "items": [
  {"id": "i1", "folderId": "f1", "type": 1, "name": "Shop", "notes": "S3CRET note", "favorite": false,
   "passwordHistory": [{"lastUsedDate": "2020-01-01T00:00:00.000Z", "password": "S3CRET-old"}],
   "fields": [{"name": "pin", "value": "S3CRET-pin", "type": 1}, {"name": "empty", "value": "", "type": 0}],
   "login": {"uris": [{"match": null, "uri": "https://ada:S3CRET@shop.example/login?t=S3CRET#S3CRET"}],
    "username": "ada@example.org", "password": "S3CRET\"\n1", "totp": "otpauth://totp/x?secret=S3CRET",
    "fido2Credentials": [{"credentialId": "S3CRET", "keyValue": "S3CRET"}]},
   "creationDate": "2019-01-01T00:00:00.000Z", "revisionDate": "2021-05-06T07:08:09.000Z", "deletedDate": null},
  {"id": "i2", "type": 1, "name": "Bank", "login": {"uris": [{"uri": "bank.example"}], "username": 4711, "password": "S3CRET"}},
  {"id": "i3", "type": 2, "name": "Note", "notes": "S3CRET"},
  {"id": "i4", "type": 3, "name": "Visa", "card": {"cardholderName": "Ada", "number": "4242S3CRET", "code": "S3CRET"}},
  {"id": "i5", "type": 4, "name": "Me", "identity": {"title": "Mrs", "firstName": "Ada", "middleName": "King",
   "lastName": "Lovelace", "address1": "12 St James's Square", "address2": "Flat 2", "city": "London", "postalCode": "SW1Y 4JH",
   "country": "GB", "email": "ada@example.org", "phone": "+44 20 7946 0000", "username": "ada",
   "ssn": "S3CRET", "passportNumber": "S3CRET", "licenseNumber": "S3CRET"}},
  {"id": "i6", "type": 5, "name": "Key", "sshKey": {"privateKey": "S3CRET"}},
  {"id": "i7", "type": 1, "name": "Gone", "deletedDate": "2020-01-01T00:00:00Z", "login": {"username": "x", "password": "S3CRET"}}
 ]}"#;

const BITWARDEN_CSV: &str =
    "folder,favorite,type,name,notes,fields,reprompt,login_uri,login_username,login_password,login_totp
Money,1,login,Shop,S3CRET note,\"pin: S3CRET
x: S3CRET\",0,https://shop.example/?S3CRET,ada@example.org,\"S3CRET,\"\"1\",otpauth://totp/S3CRET
,,login,Bank,,,0,bank.example,4711,S3CRET,
,,note,Note,S3CRET,,0,,,,
";

const FIREFOX: &str = r#""url","username","password","httpRealm","formActionOrigin","guid","timeCreated","timeLastUsed","timePasswordChanged"
"https://shop.example","ada@example.org","S3CRET",,"https://shop.example","{1}","1500000000000","1600000000000","1550000000000"
"https://bank.example","4711","S3CRET","Online banking",,"{2}","1500000000000","1600000000000","1550000000000"
"chrome://FirefoxAccounts","ada","{""kSync"":""S3CRET""}","Firefox Accounts credentials",,"{3}","1500000000000","1600000000000","1550000000000"
"#;

const CHROME: &str = "name,url,username,password,note
shop.example,https://shop.example/login?S3CRET,ada@example.org,\"S3CRET\"\"x\",S3CRET
bank.example,https://bank.example/,4711,S3CRET,
fritz,http://192.168.178.1/,admin,S3CRET,
";

const APPLE: &str = "Title,URL,Username,Password,Notes,OTPAuth
shop.example (ada@example.org),https://shop.example/,ada@example.org,S3CRET,S3CRET,otpauth://totp/x?secret=S3CRET
Bank,https://bank.example/,4711,S3CRET,,
";

const LASTPASS: &str = "url,username,password,totp,extra,name,grouping,fav
https://shop.example/?a=1&amp;S3CRET=2,ada@example.org,S3CRET&amp;,S3CRET,S3CRET,Marks &amp; Shop,Money,0
https://bank.example,4711,S3CRET,,,Bank,,1
http://sn,,,,\"NoteType:Credit Card
Number:4242S3CRET
Security Code:S3CRET\",Card,,0
http://sn,,,,S3CRET,Note,,0
http://sn,,,,\"NoteType:Address
Language:en-GB
First Name:Ada
Last Name:Lovelace
Birthday:,,
Address 1:12 St James's Square
City / Town:London
Zip / Postal Code:SW1Y 4JH
Email Address:ada@example.org
Phone:{\"\"num\"\":\"\"442079460000\"\",\"\"ext\"\":\"\"\"\",\"\"cc3l\"\":\"\"GBR\"\"}
Notes:S3CRET\",Me,,0
http://group,,,,,,Money,0
";

const DASHLANE_CSV: &str = "username,username2,username3,title,password,note,url,category,otpUrl
ada@example.org,ada,,Shop,\"S3CRET,\"\"\",\"S3CRET
S3CRET\",https://shop.example/?S3CRET,Money,otpauth://S3CRET
4711,,,Bank,S3CRET,,https://bank.example,,
";

const DASHLANE_PERSON: &str = "type,title,first_name,middle_name,last_name,login,date_of_birth,place_of_birth,email,email_type,item_name,phone_number,address,country,state,city,zip,address_recipient,address_building,address_apartment,address_floor,address_door_code,job_title,url
name,MRS,Ada,King,Lovelace,,1815-12-10,,,,Me,,,,,,,,,,,,,
email,,,,,,,,ada@example.org,personal,Mail,,,,,,,,,,,,,
address,,,,,,,,,,Home,,12 St James's Square,GB,,London,SW1Y 4JH,,,,,,,
";

const DASHLANE_PAYMENTS: &str = "type,account_name,account_holder,cc_number,code,expiration_month,expiration_year,routing_number,account_number,country,issuing_bank
credit_card,Visa,Ada,4242S3CRET,S3CRET,1,30,,,GB,
";

const DASHLANE_IDS: &str = "type,number,name,issue_date,expiration_date,place_of_issue,state
passport,S3CRET,Ada Lovelace,2020-01-01,2030-01-01,London,
";

const DASHLANE_JSON: &str = r#"{"AUTHENTIFIANT": [
  {"title": "Shop", "domain": "shop.example", "email": "ada@example.org", "login": "", "secondaryLogin": "", "note": "S3CRET",
   "password": "S3CRET", "otpSecret": "S3CRET"},
  {"title": "Bank", "domain": "bank.example", "email": "", "login": "4711", "password": "S3CRET"}],
 "IDENTITY": [{"title": "MRS", "firstName": "Ada", "lastName": "Lovelace", "birthDate": "1815-12-10"}],
 "EMAIL": [{"emailName": "Mail", "email": "ada@example.org"}],
 "PAYMENTMEANS_CREDITCARD": [{"cardNumber": "4242S3CRET", "securityCode": "S3CRET"}],
 "SECURENOTE": [{"title": "Note", "content": "S3CRET"}],
 "PASSPORT": [{"number": "S3CRET"}]}"#;

const PROTON_CSV: &str = "type,name,url,email,username,password,note,totp,createTime,modifyTime,vault
login,Shop,\"https://shop.example/?S3CRET\",ada@example.org,,S3CRET,S3CRET,otpauth://S3CRET,1500000000,1600000000,Money
login,Bank,https://bank.example,,4711,S3CRET,,,1500000000,1600000000,Personal
note,Note,,,,,S3CRET,,1500000000,1600000000,Personal
identity,Me,,,,,\"{\"\"fullName\"\":\"\"Ada Lovelace\"\",\"\"email\"\":\"\"ada@example.org\"\",\"\"passportNumber\"\":\"\"S3CRET\"\",\"\"note\"\":\"\"S3CRET\"\"}\",,1500000000,1600000000,Personal
creditCard,Visa,,,,,\"{\"\"number\"\":\"\"4242S3CRET\"\"}\",,1500000000,1600000000,Personal
";

const PROTON_JSON: &str = r#"{"version": "1.31.0", "userId": "u", "encrypted": false, "vaults": {"v1": {"name": "Money", "description": "", "display": {}, "items": [
  {"itemId": "i1", "shareId": "v1", "state": 1, "aliasEmail": null, "contentFormatVersion": 6, "createTime": 1500000000, "modifyTime": 1600000000, "pinned": false,
   "data": {"metadata": {"name": "Shop", "note": "S3CRET", "itemUuid": "x"}, "extraFields": [{"fieldName": "pin", "type": "hidden", "data": {"content": "S3CRET"}}],
    "type": "login", "content": {"itemEmail": "ada@example.org", "itemUsername": "", "password": "S3CRET", "urls": ["https://shop.example/?S3CRET"],
     "totpUri": "otpauth://S3CRET", "passkeys": [{"privateKey": "S3CRET"}]}}},
  {"itemId": "i2", "state": 1, "data": {"metadata": {"name": "Bank"}, "extraFields": [], "type": "login",
    "content": {"itemEmail": "", "itemUsername": "4711", "password": "S3CRET", "urls": [], "autofillUrls": [{"url": "https://bank.example", "mode": 1}]}}},
  {"itemId": "i3", "state": 1, "data": {"metadata": {"name": "Visa", "note": ""}, "type": "creditCard", "content": {"number": "4242S3CRET", "verificationNumber": "S3CRET", "pin": "S3CRET"}}},
  {"itemId": "i4", "state": 1, "data": {"metadata": {"name": "Me"}, "type": "identity", "content": {"fullName": "Ada Lovelace", "email": "ada@example.org", "workEmail": "ada@work.example",
    "birthdate": "1815-12-10", "city": "London", "socialSecurityNumber": "S3CRET", "passportNumber": "S3CRET", "extraSections": [{"sectionName": "x", "sectionFields": ["S3CRET"]}]}}},
  {"itemId": "i5", "state": 2, "data": {"metadata": {"name": "Gone"}, "type": "login", "content": {"itemUsername": "x", "password": "S3CRET", "urls": ["https://gone.example"]}}}
 ]}}}"#;

const ONEPASSWORD: &str = r#"{"accounts": [{"attrs": {"accountName": "Ada", "email": "ada@example.org", "uuid": "a", "domain": "https://my.1password.com/"},
 "vaults": [{"attrs": {"uuid": "v", "desc": "", "name": "Money", "type": "P"}, "items": [
  {"uuid": "i1", "favIndex": 0, "createdAt": 1500000000, "updatedAt": 1600000000, "state": "active", "categoryUuid": "001",
   "details": {"loginFields": [{"value": "ada@example.org", "id": "", "name": "u", "fieldType": "E", "designation": "username"},
     {"value": "S3CRET", "id": "", "name": "p", "fieldType": "P", "designation": "password"}, {"value": "S3CRET", "id": "", "name": "x", "fieldType": "T"}],
    "notesPlain": "S3CRET", "sections": [{"title": "more", "name": "s", "fields": [
      {"title": "one-time password", "id": "TOTP_1", "value": {"totp": "otpauth://S3CRET"}}, {"title": "pin", "id": "p", "value": {"concealed": "S3CRET"}},
      {"title": "t", "id": "t", "value": {"string": "S3CRET"}}]}], "passwordHistory": [{"value": "S3CRET", "time": 1500000000}]},
   "overview": {"subtitle": "ada@example.org", "title": "Shop", "url": "https://shop.example/?S3CRET", "urls": [{"label": "website", "url": "https://shop.example/"}], "tags": ["x"]}},
  {"item": {"uuid": "i2", "createdAt": 1500000000, "updatedAt": 1600000000, "trashed": false, "categoryUuid": "001",
   "details": {"loginFields": [{"value": "4711", "designation": "username"}, {"value": "S3CRET", "designation": "password"}], "sections": []},
   "overview": {"title": "Bank", "url": "https://bank.example", "ps": 100}}},
  {"uuid": "i3", "categoryUuid": "002", "state": "active", "details": {"loginFields": [], "sections": [{"title": "", "fields": [
      {"title": "number", "id": "ccnum", "value": {"creditCardNumber": "4242S3CRET"}}, {"title": "cvv", "id": "cvv", "value": {"concealed": "S3CRET"}}]}]}, "overview": {"title": "Visa"}},
  {"uuid": "i4", "categoryUuid": "004", "state": "active", "details": {"loginFields": [], "sections": [
    {"title": "Identification", "name": "name", "fields": [{"title": "first name", "id": "firstname", "value": {"string": "Ada"}},
      {"title": "last name", "id": "lastname", "value": {"string": "Lovelace"}}, {"title": "birth date", "id": "birthdate", "value": {"date": -4861123200}}]},
    {"title": "Address", "name": "address", "fields": [{"title": "address", "id": "address", "value": {"address": {"street": "12 St James's Square", "city": "London", "country": "gb", "zip": "SW1Y 4JH", "state": ""}}},
      {"title": "phone", "id": "defphone", "value": {"phone": "+44 20 7946 0000"}}]},
    {"title": "Internet", "name": "internet", "fields": [{"title": "email", "id": "email", "value": {"email": {"email_address": "ada@example.org", "provider": null}}},
      {"title": "reminder answer", "id": "remindera", "value": {"string": "S3CRET"}}]}]}, "overview": {"title": "Me"}},
  {"uuid": "i5", "categoryUuid": "106", "state": "active", "details": {"sections": [{"fields": [{"id": "number", "value": {"string": "S3CRET"}}]}]}, "overview": {"title": "Passport"}}
 ]}]}]}"#;

const ONEPASSWORD_CSV: &str = "Title,Url,Username,Password,OTPAuth,Favorite,Archived,Tags,Notes
Shop,https://shop.example/?S3CRET,ada@example.org,S3CRET,otpauth://S3CRET,false,false,money,S3CRET
Bank,https://bank.example,4711,S3CRET,,false,false,,
";

const ONEPASSWORD7_CSV: &str = r#""uuid","type","title","url","username","password","notes","section 1: pin"
"A1","Login","Shop","https://shop.example","ada@example.org","S3CRET","S3CRET","S3CRET"
"A2","Login","Bank","https://bank.example","4711","S3CRET","",""
"A3","Credit Card","Visa","","","","","4242S3CRET"
"#;

const KEEPASS_XML: &str = r#"<?xml version="1.0" encoding="utf-8" standalone="yes"?>
<KeePassFile><Meta><Generator>KeePass</Generator><RecycleBinEnabled>True</RecycleBinEnabled><RecycleBinUUID>QmluQmluQmluQmluQmluQg==</RecycleBinUUID>
<Binaries><Binary ID="0" Compressed="True">UzNDUkVU</Binary></Binaries></Meta>
<Root><Group><UUID>Um9vdFJvb3RSb290Um9vdA==</UUID><Name>Vault</Name>
 <Group><UUID>TW9uZXlNb25leU1vbmV5TQ==</UUID><Name>Money &amp; more</Name>
  <Entry><UUID>QUFBQUFBQUFBQUFBQUFBQQ==</UUID><Times><CreationTime>2017-07-14T02:40:00Z</CreationTime><LastModificationTime>2018-01-01T00:00:00Z</LastModificationTime><LastAccessTime>2020-09-13T12:26:40Z</LastAccessTime></Times>
   <String><Key>Title</Key><Value>Shop</Value></String>
   <String><Key>UserName</Key><Value>ada@example.org</Value></String>
   <String><Key>Password</Key><Value ProtectInMemory="True">S3CRET&lt;1&amp;</Value></String>
   <String><Key>URL</Key><Value>https://shop.example/?a=S3CRET&amp;b=1</Value></String>
   <String><Key>Notes</Key><Value>S3CRET</Value></String>
   <String><Key>otp</Key><Value>otpauth://totp/x?secret=S3CRET</Value></String>
   <String><Key>pin</Key><Value ProtectInMemory="True"><![CDATA[S3CRET]]></Value></String>
   <History><Entry><UUID>QUFBQUFBQUFBQUFBQUFBQQ==</UUID><String><Key>Title</Key><Value>Old</Value></String>
    <String><Key>URL</Key><Value>https://old.example</Value></String><String><Key>Password</Key><Value>S3CRET-old</Value></String></Entry></History></Entry>
  <Entry><UUID>QkJCQkJCQkJCQkJCQkJCQg==</UUID><String><Key>Password</Key><Value>S3CRET</Value></String><String><Key>Title</Key><Value>Bank</Value></String>
   <String><Key>UserName</Key><Value>4711</Value></String><String><Key>URL</Key><Value>bank.example</Value></String><String><Key>Notes</Key><Value /></String></Entry></Group>
 <Group><UUID>QmluQmluQmluQmluQmluQg==</UUID><Name>Recycle Bin</Name>
  <Entry><UUID>Q0NDQ0NDQ0NDQ0NDQ0NDQw==</UUID><String><Key>Title</Key><Value>Gone</Value></String><String><Key>URL</Key><Value>https://gone.example</Value></String><String><Key>Password</Key><Value>S3CRET</Value></String></Entry></Group>
</Group><DeletedObjects /></Root></KeePassFile>"#;

const KEEPASS1_XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<pwlist>
<pwentry><group tree="General">Money</group><title>Shop</title><username>ada@example.org</username><url>https://shop.example/?S3CRET</url><password>S3CRET</password><notes>S3CRET</notes>
 <uuid>0b54a1d7a2a0a6ad4f8e8b5d6d3f9f11</uuid><image>0</image><creationtime>2017-07-14T02:40:00</creationtime><lastmodtime>2018-01-01T00:00:00</lastmodtime><lastaccesstime>2020-09-13T12:26:40</lastaccesstime><expiretime expires="false">2999-12-28T23:59:59</expiretime></pwentry>
<pwentry><group>Money</group><title>Bank</title><username>4711</username><url>bank.example</url><password>S3CRET</password><notes></notes><uuid>1b54a1d7a2a0a6ad4f8e8b5d6d3f9f11</uuid></pwentry>
</pwlist>"#;

/// KeePassX's, which has a document type.
pub(super) const KEEPASSX_XML: &str = r#"<!DOCTYPE KEEPASSX_DATABASE>
<database><group><title>Money</title><icon>1</icon>
 <entry><title>Shop</title><username>ada@example.org</username><password>S3CRET</password><url>https://shop.example</url><comment>S3CRET</comment><icon>0</icon><creation>2017-07-14T02:40:00</creation><lastaccess>2020-09-13T12:26:40</lastaccess><lastmod>2018-01-01T00:00:00</lastmod><expire>Never</expire></entry>
 <group><title>Deep</title><entry><title>Bank</title><username>4711</username><password>S3CRET</password><url>bank.example</url><comment></comment></entry></group></group></database>"#;

const KEEPASS_CSV: &str = r#""Account","Login Name","Password","Web Site","Comments"
"Shop","ada@example.org","S3CRET\"\\","https://shop.example/?S3CRET","S3CRET"
"Bank","4711","S3CRET","bank.example",""
"#;

const KEEPASSXC_CSV: &str = r#""Group","Title","Username","Password","URL","Notes","TOTP","Icon","Last Modified","Created"
"Vault/Money","Shop","ada@example.org","S3CRET""","https://shop.example/?S3CRET","S3CRET","otpauth://S3CRET","0","2018-01-01T00:00:00Z","2017-07-14T02:40:00Z"
"Vault","Bank","4711","S3CRET","bank.example","","","0","2018-01-01T00:00:00Z","2017-07-14T02:40:00Z"
"#;

const OTHER_CSV: &str = "Webseite;Benutzername;Kennwort;Bemerkung;Geheimfrage
https://shop.example;ada@example.org;S3CRET;S3CRET;S3CRET
bank.example;4711;S3CRET;;
";

/// A ZIP archive of texts.
pub(super) fn zip(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in entries {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Every sample, with the format that it is read as.
pub(super) fn all() -> Vec<(Format, Vec<u8>)> {
    let text = |format: Format, text: &str| (format, text.as_bytes().to_vec());
    vec![
        text(Format::BitwardenJson, BITWARDEN_JSON),
        text(Format::BitwardenCsv, BITWARDEN_CSV),
        (Format::BitwardenJson, zip(&[("data.json", BITWARDEN_JSON), ("attachments/i1/a.csv", CHROME)])),
        text(Format::OnePassword, ONEPASSWORD),
        (
            Format::OnePassword,
            zip(&[
                ("export.attributes", "{\"version\":3}"),
                ("export.data", ONEPASSWORD),
                ("files/x__y.json", BITWARDEN_JSON),
            ]),
        ),
        text(Format::OnePasswordCsv, ONEPASSWORD_CSV),
        text(Format::OnePassword7Csv, ONEPASSWORD7_CSV),
        text(Format::KeePassXml, KEEPASS_XML),
        text(Format::KeePass1Xml, KEEPASS1_XML),
        text(Format::KeePass1Xml, KEEPASSX_XML),
        text(Format::KeePassCsv, KEEPASS_CSV),
        text(Format::KeePassXcCsv, KEEPASSXC_CSV),
        text(Format::Firefox, FIREFOX),
        text(Format::Chromium, CHROME),
        text(Format::Apple, APPLE),
        text(Format::LastPass, LASTPASS),
        text(Format::DashlaneCsv, DASHLANE_CSV),
        (
            Format::DashlaneCsv,
            zip(&[
                ("credentials.csv", DASHLANE_CSV),
                ("ids.csv", DASHLANE_IDS),
                ("payments.csv", DASHLANE_PAYMENTS),
                ("personalInfo.csv", DASHLANE_PERSON),
                ("securenotes.csv", "title,note\nNote,S3CRET\n"),
            ]),
        ),
        text(Format::DashlaneJson, DASHLANE_JSON),
        text(Format::ProtonCsv, PROTON_CSV),
        text(Format::ProtonJson, PROTON_JSON),
        (Format::ProtonJson, zip(&[("Proton Pass/data.json", PROTON_JSON), ("Proton Pass/files/x.json", "{}")])),
        text(Format::OtherCsv, OTHER_CSV),
    ]
}
