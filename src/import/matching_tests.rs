use proptest::prelude::*;

use super::*;

fn vendor(name: &str, domain: &str) -> Candidate {
    Candidate { id: format!("id of {name}"), name: name.into(), domain: domain.into() }
}

fn listed(name: &str, sites: &[&str], vendors: &[Candidate]) -> Listed {
    Listed {
        name: name.into(),
        sites: sites.iter().map(|site| (*site).to_owned()).collect(),
        vendors: vendors.to_vec(),
    }
}

fn login(host: &str) -> Wanted {
    Wanted::new(Kind::Login, Some(host), None)
}

fn paid(text: &str) -> Wanted {
    Wanted::new(Kind::Payment, None, Some(text))
}

fn new(site: &str, title: Option<&str>) -> Decision {
    Decision::New(New { site: Some(site.into()), title: title.map(str::to_owned) })
}

#[test]
fn a_site_names_its_vendor_and_makes_one_where_there_is_none() {
    let netflix = vendor("netflix", "netflix.com");
    let known = Known { at_site: vec![netflix.clone()], ..Known::default() };
    assert_eq!(decide(&login("www.netflix.com"), &known), Decision::Vendor(netflix));
    assert_eq!(decide(&login("www.netflix.com"), &Known::default()), new("netflix.com", None));
    assert_eq!(decide(&login("8.8.8.8"), &Known::default()), Decision::Unmatched);
}

#[test]
fn of_two_vendors_at_a_site_the_one_of_the_host_is_meant_or_none() {
    let (shop, bank) = (vendor("shop", "shop.acme.example"), vendor("bank", "bank.acme.example"));
    let known = Known { at_site: vec![shop.clone(), bank.clone()], ..Known::default() };
    assert_eq!(decide(&login("bank.acme.example"), &known), Decision::Vendor(bank.clone()));
    let both = vec![Choice::Vendor(shop), Choice::Vendor(bank.clone())];
    assert_eq!(decide(&login("www.acme.example"), &known), Decision::Ambiguous(both));
    let answered = Known { answered: Some(bank.clone()), ..known };
    assert_eq!(decide(&login("www.acme.example"), &answered), Decision::Vendor(bank));
}

#[test]
fn a_directory_joins_the_sites_of_one_company() {
    let amazon = vendor("amazon", "amazon.com");
    let company = listed("Amazon", &["amazon.com", "amazon.de"], std::slice::from_ref(&amazon));
    let known = Known { listed: vec![company.clone()], ..Known::default() };
    assert_eq!(decide(&login("www.amazon.de"), &known), Decision::Vendor(amazon));
    // Two companies at one site do not make two vendors of it.
    let known = Known { listed: vec![company, listed("Audible", &["amazon.de"], &[])], ..Known::default() };
    assert_eq!(decide(&login("www.amazon.de"), &known), new("amazon.de", Some("Audible")));
}

#[test]
fn a_payee_is_known_by_name_or_by_a_directory_and_else_waits() {
    let spotify = vendor("spotify", "spotify.com");
    let known = Known { named: vec![spotify.clone()], ..Known::default() };
    assert_eq!(decide(&paid("SPOTIFY USA 877-778-1161"), &known), Decision::Vendor(spotify));
    assert_eq!(decide(&paid("Max Mustermann"), &Known::default()), Decision::Unmatched);
    let company = |site: &str| listed("Spotify AB", &[site], &[]);
    let known = Known { listed: vec![company("spotify.com"), company("spotify.com")], ..Known::default() };
    assert_eq!(decide(&paid("Spotify AB"), &known), new("spotify.com", Some("Spotify AB")));
    let known = Known { listed: vec![company("spotify.com"), company("spotify.example")], ..Known::default() };
    assert!(matches!(decide(&paid("Spotify AB"), &known), Decision::Ambiguous(choices) if choices.len() == 2));
    assert_eq!(decide(&paid("NETFLIX.COM 866"), &Known::default()), new("netflix.com", None));
}

#[test]
fn a_company_of_the_address_book_needs_no_site() {
    let card = Wanted::new(Kind::Card, None, Some("Bäckerei Kolb GmbH"));
    let Decision::New(made) = decide(&card, &Known::default()) else { panic!() };
    assert_eq!(names(&made).next().as_deref(), Some("baeckerei-kolb"));
}

#[test]
fn names_are_short_before_they_are_unique() {
    let new = New { site: Some("netflix.com".into()), title: None };
    assert_eq!(names(&new).take(3).collect::<Vec<_>>(), ["netflix", "netflix.com", "netflix-2"]);
}

fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
    let one = ("[a-c]", "[a-c]\\.example").prop_map(|(name, domain)| vendor(&name, &domain));
    proptest::collection::vec(one, 0..4)
}

proptest! {
    #[test]
    fn it_is_never_guessed_between_two(at_site in candidates(), named in candidates(), host in "[a-c]\\.example") {
        let known = Known { at_site: at_site.clone(), named: named.clone(), ..Known::default() };
        match decide(&login(&host), &known) {
            Decision::Vendor(vendor) => {
                let exact = at_site.iter().filter(|other| other.domain == host).count();
                prop_assert!(at_site.contains(&vendor) && (at_site.len() == 1 || exact == 1));
            }
            Decision::New(_) => prop_assert!(at_site.is_empty()),
            Decision::Ambiguous(choices) => prop_assert!(choices.len() > 1),
            Decision::Unmatched => prop_assert!(false, "a host is enough"),
        }
        if let Decision::Vendor(vendor) = decide(&paid("Some Name"), &known) {
            prop_assert!(named.iter().all(|other| *other == vendor));
        }
    }

    #[test]
    fn every_name_that_is_offered_can_name_a_vendor(site in proptest::option::of("[a-z0-9.-]{0,80}"), title: Option<String>) {
        let new = New { site, title };
        for name in names(&new).take(4) {
            prop_assert!(crate::vendor::check_name(&name).is_ok(), "{name:?}");
        }
    }
}
