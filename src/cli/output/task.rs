//! What needs the user, as `status` and `upkeep` show it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::text::{Text, count, day};
use crate::delivery::tasks::{About, Kind, Task};

/// How many vendors a line names.
const NAMED: usize = 5;

/// Something that needs the user.
#[derive(Serialize, JsonSchema)]
pub struct TaskView {
    /// Which sort of task: `deletion_not_confirmed`, `token_refused`, `messages_held`, `messages_failed`,
    /// `drifted`, `vendor_unreachable`, `not_renewed`, `grant_ends_soon`, `rule_ends_soon` or `grants_untouched`; for `cmr
    /// status` also `to_deliver` and `not_confirmed`.
    pub kind: String,
    /// What, in words.
    pub what: String,
    /// What to type.
    pub command: String,
    /// About what; those first that have waited longest or end first.
    pub about: Vec<AboutView>,
}

/// One thing that a task is about.
#[derive(Serialize, JsonSchema)]
pub struct AboutView {
    /// The vendor's name.
    pub vendor: String,
    /// The grant's id.
    pub grant: Option<String>,
    /// How many messages.
    pub messages: Option<u32>,
    /// Since when; of what ends, when.
    pub at: Option<Timestamp>,
    /// Why.
    pub why: Option<String>,
}

impl TaskView {
    /// The view of a task.
    pub fn of(task: &Task) -> Self {
        let about = task.about.iter().map(AboutView::of).collect();
        let kind = serde_json::to_value(task.kind).ok();
        let kind = kind.and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default();
        Self { kind, what: words(task), command: task.command(), about }
    }

    /// A task that is no more than a line.
    pub fn line(kind: &str, what: String, command: &str) -> Self {
        Self { kind: kind.to_owned(), what, command: command.to_owned(), about: Vec::new() }
    }
}

impl AboutView {
    fn of(about: &About) -> Self {
        Self {
            vendor: about.vendor.clone(),
            grant: about.grant.clone(),
            messages: about.messages,
            at: about.at,
            why: about.why.clone(),
        }
    }
}

/// Tasks for people, a line each.
pub fn list(out: &mut Text, tasks: &[TaskView]) {
    if tasks.is_empty() {
        return;
    }
    out.heading("What needs you");
    for task in tasks {
        out.step(&task.what, &task.command);
    }
}

fn words(task: &Task) -> String {
    match &task.about[..] {
        [one] => of_one(task.kind, one),
        several => of_several(task.kind, several),
    }
}

fn of_one(kind: Kind, about: &About) -> String {
    let vendor = &about.vendor;
    let at = about.at.map(day).unwrap_or_default();
    let why = about.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let messages = count(about.messages.unwrap_or(1) as usize, "message");
    match kind {
        Kind::DeletionNotConfirmed => format!("{vendor} should have stated by {at} that it deleted your data"),
        Kind::TokenRefused => format!("{vendor} does not accept the token"),
        Kind::MessagesHeld => format!("{messages} to {vendor} held{why}"),
        Kind::MessagesFailed => format!("{messages} that {vendor} never takes{why}"),
        Kind::Drifted => format!("{vendor} showed on {at} {}", about.why.as_deref().unwrap_or_default()),
        Kind::VendorUnreachable => format!("{vendor} has taken nothing since {at}{why}"),
        Kind::NotRenewed => format!("the grant to {vendor} was not renewed by its rule{why}"),
        Kind::GrantEndsSoon => format!("the grant to {vendor} ends on {at}"),
        Kind::RuleEndsSoon => format!("the grant to {vendor} is renewed until {at}, and by its rule no longer"),
        Kind::GrantsUntouched => format!("nothing has touched the grant to {vendor} since {at}: do you still want it?"),
    }
}

fn of_several(kind: Kind, about: &[About]) -> String {
    let n = about.len();
    let messages: u32 = about.iter().filter_map(|about| about.messages).sum();
    let messages = count(messages as usize, "message");
    let first = about.first().and_then(|about| about.at).map(day).unwrap_or_default();
    let what = match kind {
        Kind::DeletionNotConfirmed => format!("{n} deletions are past the time to be stated"),
        Kind::TokenRefused => format!("{n} vendors do not accept the token"),
        Kind::MessagesHeld => format!("{messages} held"),
        Kind::MessagesFailed => format!("{messages} that the vendors never take"),
        Kind::Drifted => format!("{n} vendors show something else than they should"),
        Kind::VendorUnreachable => format!("{n} vendors have taken nothing for days"),
        Kind::NotRenewed => format!("{n} grants were not renewed by their rules"),
        Kind::GrantEndsSoon => format!("{n} grants end soon, the first on {first}"),
        Kind::RuleEndsSoon => format!("{n} grants are renewed by their rules no longer, the first after {first}"),
        Kind::GrantsUntouched => format!("nothing has touched {n} grants for 90 days: do you still want them?"),
    };
    format!("{what} ({})", names(about))
}

/// The vendors, each once, and not too many.
fn names(about: &[About]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for about in about {
        if !names.contains(&about.vendor.as_str()) {
            names.push(&about.vendor);
        }
    }
    match names.len().checked_sub(NAMED) {
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {more} more", names[..NAMED].join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(n: usize) -> Vec<About> {
        let one = |i: usize| About {
            vendor: format!("v{i}"),
            grant: None,
            messages: Some(2),
            at: None,
            why: Some("it says no".into()),
        };
        (0..n).map(one).collect()
    }

    #[test]
    fn a_line_names_few_vendors_and_counts_the_others() {
        let task = |n| words(&Task { kind: Kind::MessagesHeld, about: about(n) });
        assert_eq!(task(1), "2 messages to v0 held: it says no");
        assert_eq!(task(2), "4 messages held (v0, v1)");
        assert_eq!(task(5), "10 messages held (v0, v1, v2, v3, v4)");
        assert_eq!(task(8), "16 messages held (v0, v1, v2, v3, v4 and 3 more)");
    }
}
