//! The states of a grant: what holds here, and what the vendor confirmed, kept apart.

use serde::{Deserialize, Serialize};

use crate::wire::event::AckStatus;

/// What holds here, by the customer's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Written down, and the vendor was not told.
    Draft,
    /// Told, or on its way; the vendor has not answered.
    Offered,
    /// The vendor acknowledged it.
    Active,
    /// Its time is over.
    Expired,
    /// The customer took it back.
    Revoked,
    /// The vendor declined it.
    Rejected,
}

/// What the vendor confirmed about the grant as it stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VendorStatus {
    /// Nothing was ever delivered: the vendor knows nothing of it.
    NotTold,
    /// The vendor has said nothing about the grant as it stands now.
    NotConfirmed,
    /// All of it is in use.
    Accepted,
    /// Some claims were refused.
    PartiallyAccepted,
    /// The vendor declined the grant as it stands now.
    Rejected,
    /// The vendor wrote, unsigned, that all of it is in use: so the user reads it.
    AcceptedInWriting,
    /// The vendor wrote, unsigned, that the claims are deleted: so the user reads it.
    DeletionInWriting,
    /// The vendor stated, signed, that the claims are deleted. Not proof.
    DeletionStated,
}

macro_rules! names {
    ($type:ident { $($variant:ident => $name:literal,)* }) => {
        impl $type {
            /// The name, as in JSON and in the vault.
            pub fn name(self) -> &'static str {
                match self { $($type::$variant => $name,)* }
            }

            /// The value of a name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some($type::$variant),)* _ => None }
            }
        }
    };
}

names!(Status {
    Draft => "draft", Offered => "offered", Active => "active",
    Expired => "expired", Revoked => "revoked", Rejected => "rejected",
});
names!(VendorStatus {
    NotTold => "not_told", NotConfirmed => "not_confirmed", Accepted => "accepted",
    PartiallyAccepted => "partially_accepted", Rejected => "rejected", DeletionStated => "deletion_stated",
    AcceptedInWriting => "accepted_in_writing", DeletionInWriting => "deletion_in_writing",
});

impl Status {
    /// Whether the vendor may use the claims.
    pub fn is_current(self) -> bool {
        matches!(self, Status::Offered | Status::Active)
    }
}

/// Where a grant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// What holds here.
    pub status: Status,
    /// What the vendor confirmed.
    pub vendor: VendorStatus,
    /// Counts the messages that changed the grant, from 1.
    pub version: u32,
    /// The last version that the vendor said it has in use: it goes by that one until it takes another.
    pub confirmed: Option<u32>,
}

/// Something that happens to a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The customer offers a draft.
    Offer,
    /// The vendor's server took a message of it.
    Delivered,
    /// Scope, purpose, a value or the end changed.
    Change,
    /// The customer takes it back; `told` if any message of it may have reached the vendor.
    Revoke {
        /// Whether the vendor may know of it.
        told: bool,
    },
    /// Its time is over; `told` if any message of it may have reached the vendor.
    Expire {
        /// Whether the vendor may know of it.
        told: bool,
    },
    /// The vendor answered about this version.
    Acknowledged(u32, AckStatus),
    /// The vendor stated the deletion, for this version.
    DeletionStated(u32),
    /// The vendor wrote, unsigned, that it accepts this version: so the user reads it.
    AcceptedInWriting(u32),
    /// The vendor wrote, unsigned, that it deleted what this version takes back: so the user reads it.
    DeletedInWriting(u32),
}

/// A step that a grant in this state cannot take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the grant is {}", .0.name())]
pub struct Refused(pub Status);

impl State {
    /// A grant that was just written down.
    pub const DRAFT: State =
        State { status: Status::Draft, vendor: VendorStatus::NotTold, version: 1, confirmed: None };

    /// The state after a step.
    ///
    /// What the vendor says never fails: late, repeated and contradictory words change nothing that is over here.
    ///
    /// # Errors
    /// [`Refused`] for what the customer cannot do with a grant in this state.
    pub fn step(self, step: Step) -> Result<State, Refused> {
        match step {
            Step::Offer if self.status == Status::Draft => Ok(State { status: Status::Offered, ..self }),
            Step::Change if self.status == Status::Draft => Ok(self),
            Step::Change if self.status.is_current() => Ok(self.unconfirmed(self.status)),
            Step::Revoke { told } if self.status.is_current() || self.status == Status::Draft => {
                let told = told && self.status != Status::Draft;
                Ok(match told {
                    // Told, or perhaps: a message that was never answered may have arrived.
                    true => State { vendor: VendorStatus::NotConfirmed, ..self.unconfirmed(Status::Revoked) },
                    false => State { status: Status::Revoked, ..self },
                })
            }
            Step::Expire { told } if self.status.is_current() => {
                let vendor = match self.vendor {
                    VendorStatus::NotTold if !told => VendorStatus::NotTold,
                    VendorStatus::DeletionStated | VendorStatus::DeletionInWriting => self.vendor,
                    _ => VendorStatus::NotConfirmed,
                };
                Ok(State { status: Status::Expired, vendor, ..self })
            }
            Step::Delivered => Ok(self.delivered()),
            Step::Acknowledged(version, answer) => Ok(self.acknowledged(version, answer)),
            Step::DeletionStated(version) => Ok(self.deleted(version, VendorStatus::DeletionStated)),
            Step::AcceptedInWriting(version) => Ok(self.accepted_in_writing(version)),
            // What is signed says more.
            Step::DeletedInWriting(_) if self.vendor == VendorStatus::DeletionStated => Ok(self),
            Step::DeletedInWriting(version) => Ok(self.deleted(version, VendorStatus::DeletionInWriting)),
            Step::Offer | Step::Change | Step::Revoke { .. } | Step::Expire { .. } => Err(Refused(self.status)),
        }
    }

    /// Whether the vendor said that it has nothing of it any more.
    fn is_deleted(self) -> bool {
        matches!(self.vendor, VendorStatus::DeletionStated | VendorStatus::DeletionInWriting)
    }

    fn unconfirmed(self, status: Status) -> State {
        let vendor = match self.vendor {
            VendorStatus::NotTold => VendorStatus::NotTold,
            _ => VendorStatus::NotConfirmed,
        };
        State { status, vendor, version: self.version + 1, ..self }
    }

    fn delivered(self) -> State {
        match self.vendor {
            VendorStatus::NotTold => State { vendor: VendorStatus::NotConfirmed, ..self },
            _ => self,
        }
    }

    fn acknowledged(self, version: u32, answer: AckStatus) -> State {
        if version > self.version || !self.status.is_current() {
            return self;
        }
        if version < self.version {
            return self.acknowledged_before(version, answer);
        }
        let (status, vendor, confirmed) = match answer {
            AckStatus::Accepted => (Status::Active, VendorStatus::Accepted, Some(version)),
            AckStatus::PartiallyAccepted => (Status::Active, VendorStatus::PartiallyAccepted, Some(version)),
            // A grant that was never in use is over; one in use stays as the vendor last accepted it.
            AckStatus::Rejected if self.status == Status::Offered => (Status::Rejected, VendorStatus::Rejected, None),
            AckStatus::Rejected => (Status::Active, VendorStatus::Rejected, self.confirmed),
        };
        State { status, vendor, confirmed, ..self }
    }

    /// The answer to a version that was overtaken: the vendor has it in use, and knows nothing of the present one yet.
    fn acknowledged_before(self, version: u32, answer: AckStatus) -> State {
        let late = self.confirmed.is_some_and(|confirmed| version <= confirmed);
        if late || answer == AckStatus::Rejected || self.is_deleted() {
            return self;
        }
        State { status: Status::Active, confirmed: Some(version), ..self.delivered() }
    }

    /// As the same word signed, but that it never takes the place of one that is signed.
    fn accepted_in_writing(self, version: u32) -> State {
        let signed =
            matches!(self.vendor, VendorStatus::Accepted | VendorStatus::PartiallyAccepted | VendorStatus::Rejected);
        match self.acknowledged(version, AckStatus::Accepted) {
            _ if signed && version == self.version => self,
            state if state.vendor == VendorStatus::Accepted && version == self.version => {
                State { vendor: VendorStatus::AcceptedInWriting, ..state }
            }
            state => state,
        }
    }

    fn deleted(self, version: u32, vendor: VendorStatus) -> State {
        // A statement about an earlier version cannot cover what was sent since.
        if version < self.version || self.status == Status::Draft {
            return self;
        }
        State { vendor, confirmed: None, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let answer =
            prop_oneof![Just(AckStatus::Accepted), Just(AckStatus::PartiallyAccepted), Just(AckStatus::Rejected)];
        let step = prop_oneof![
            Just(Step::Offer),
            Just(Step::Delivered),
            Just(Step::Change),
            any::<bool>().prop_map(|told| Step::Revoke { told }),
            any::<bool>().prop_map(|told| Step::Expire { told }),
            (1u32..5, answer).prop_map(|(version, answer)| Step::Acknowledged(version, answer)),
            (1u32..5).prop_map(Step::DeletionStated),
            (1u32..5).prop_map(Step::AcceptedInWriting),
            (1u32..5).prop_map(Step::DeletedInWriting),
        ];
        prop::collection::vec(step, 0..16)
    }

    fn run(steps: &[Step]) -> Vec<State> {
        let mut states = vec![State::DRAFT];
        for step in steps {
            let last = states[states.len() - 1];
            states.push(last.step(*step).unwrap_or(last));
        }
        states
    }

    proptest! {
        #[test]
        fn what_is_over_stays_over_and_versions_never_fall(steps in steps()) {
            for pair in run(&steps).windows(2) {
                prop_assert!(pair[1].version >= pair[0].version);
                if !pair[0].status.is_current() && pair[0].status != Status::Draft {
                    prop_assert_eq!(pair[1].status, pair[0].status);
                    prop_assert_eq!(pair[1].version, pair[0].version);
                }
            }
        }

        #[test]
        fn only_the_vendors_own_word_about_the_present_version_confirms(steps in steps()) {
            let states = run(&steps);
            for (step, pair) in steps.iter().zip(states.windows(2)) {
                let confirmed = !matches!(pair[1].vendor, VendorStatus::NotTold | VendorStatus::NotConfirmed);
                if confirmed && pair[1].vendor != pair[0].vendor {
                    let word = matches!(step, Step::Acknowledged(v, _) if *v == pair[1].version)
                        || matches!(step, Step::AcceptedInWriting(v) if *v == pair[1].version)
                        || matches!(step, Step::DeletionStated(v) | Step::DeletedInWriting(v) if *v >= pair[1].version);
                    prop_assert!(word, "{:?} confirmed {:?}", step, pair[1]);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn a_version_counts_as_in_use_by_the_vendors_own_yes_alone(steps in steps()) {
            let states = run(&steps);
            for (step, pair) in steps.iter().zip(states.windows(2)) {
                let (before, after) = (pair[0].confirmed, pair[1].confirmed);
                if after != before {
                    let yes = matches!(step, Step::Acknowledged(v, answer)
                        if Some(*v) == after && *answer != AckStatus::Rejected && before.is_none_or(|before| before < *v));
                    let written = matches!(step, Step::AcceptedInWriting(v)
                        if Some(*v) == after && before.is_none_or(|before| before < *v));
                    let gone = matches!(step, Step::DeletionStated(_) | Step::DeletedInWriting(_)) && after.is_none();
                    prop_assert!(yes || written || gone, "{:?} made {:?} of {:?}", step, after, before);
                }
                prop_assert!(after.is_none_or(|confirmed| confirmed <= pair[1].version));
            }
        }

        #[test]
        fn what_is_accepted_now_is_in_use_and_what_is_deleted_is_not(steps in steps()) {
            for state in run(&steps) {
                match state.vendor {
                    VendorStatus::Accepted | VendorStatus::PartiallyAccepted | VendorStatus::AcceptedInWriting => {
                        prop_assert_eq!(state.confirmed, Some(state.version));
                    }
                    VendorStatus::DeletionStated | VendorStatus::DeletionInWriting | VendorStatus::NotTold => prop_assert_eq!(state.confirmed, None),
                    _ => {}
                }
                // A grant that the vendor never had in use is the only one that it can decline as a whole.
                if state.status == Status::Rejected || state.status == Status::Offered {
                    prop_assert_eq!(state.confirmed, None);
                }
            }
        }

        #[test]
        fn what_may_have_arrived_is_never_called_untold_at_the_end(steps in steps()) {
            for state in run(&steps) {
                for end in [Step::Expire { told: true }, Step::Revoke { told: true }] {
                    if let Ok(ended) = state.step(end)
                        && state.status != Status::Draft
                    {
                        prop_assert_ne!(ended.vendor, VendorStatus::NotTold);
                    }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn a_word_in_writing_never_takes_the_place_of_one_that_is_signed(steps in steps()) {
            let states = run(&steps);
            for (step, pair) in steps.iter().zip(states.windows(2)) {
                let signed = [VendorStatus::Accepted, VendorStatus::PartiallyAccepted, VendorStatus::DeletionStated];
                if matches!(step, Step::AcceptedInWriting(_) | Step::DeletedInWriting(_)) {
                    prop_assert!(!signed.contains(&pair[1].vendor) || pair[0].vendor == pair[1].vendor);
                }
                if matches!(step, Step::DeletedInWriting(_)) && pair[0].vendor == VendorStatus::DeletionStated {
                    prop_assert_eq!(pair[0], pair[1]);
                }
            }
        }
    }

    #[test]
    fn a_late_yes_to_an_overtaken_version_says_what_the_vendor_goes_by() {
        let changed = run(&[Step::Offer, Step::Delivered, Step::Change])[3];
        let late = changed.step(Step::Acknowledged(1, AckStatus::Accepted)).unwrap();
        assert_eq!((late.status, late.vendor, late.confirmed), (Status::Active, VendorStatus::NotConfirmed, Some(1)));
        // It has something in use: declining the change does not end the grant.
        let declined = late.step(Step::Acknowledged(2, AckStatus::Rejected)).unwrap();
        let expected = (Status::Active, VendorStatus::Rejected, Some(1));
        assert_eq!((declined.status, declined.vendor, declined.confirmed), expected);
        let accepted = late.step(Step::Acknowledged(2, AckStatus::Accepted)).unwrap();
        assert_eq!(accepted.step(Step::Acknowledged(1, AckStatus::Accepted)).unwrap(), accepted);
    }

    #[test]
    fn a_revocation_counts_at_once_and_is_not_confirmed_until_the_vendor_says_so() {
        let active = run(&[Step::Offer, Step::Delivered, Step::Acknowledged(1, AckStatus::Accepted)])[3];
        let (status, vendor) = (Status::Active, VendorStatus::Accepted);
        assert_eq!(active, State { status, vendor, version: 1, confirmed: Some(1) });
        let revoked = active.step(Step::Revoke { told: true }).unwrap();
        let (status, vendor) = (Status::Revoked, VendorStatus::NotConfirmed);
        assert_eq!(revoked, State { status, vendor, version: 2, confirmed: Some(1) });
        assert_eq!(revoked.step(Step::DeletionStated(1)).unwrap(), revoked);
        assert_eq!(revoked.step(Step::DeletionStated(2)).unwrap().vendor, VendorStatus::DeletionStated);
        assert_eq!(revoked.step(Step::Change), Err(Refused(Status::Revoked)));
    }

    #[test]
    fn what_may_have_arrived_is_not_called_untold_once_it_is_revoked() {
        let offered = run(&[Step::Offer])[1];
        let revoked = offered.step(Step::Revoke { told: true }).unwrap();
        assert_eq!((revoked.status, revoked.vendor), (Status::Revoked, VendorStatus::NotConfirmed));
        let untold = offered.step(Step::Revoke { told: false }).unwrap();
        assert_eq!(untold.vendor, VendorStatus::NotTold);
    }

    #[test]
    fn a_rejected_change_does_not_end_a_grant_that_is_in_use() {
        let active = run(&[Step::Offer, Step::Delivered, Step::Acknowledged(1, AckStatus::Accepted), Step::Change])[4];
        let rejected = active.step(Step::Acknowledged(2, AckStatus::Rejected)).unwrap();
        assert_eq!((rejected.status, rejected.vendor), (Status::Active, VendorStatus::Rejected));
    }
}
