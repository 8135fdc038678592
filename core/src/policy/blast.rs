//! What may be done alone, what a person has to approve, and what is forbidden (SPEC B2): one table, by how far a plan
//! reaches, how risky it is, and the circumstances. Every line that fits asks for what it says; where none fits, the plan
//! runs alone. `docs/gate.md` is made from it.

use crate::model::radius::Level;
use crate::model::severity::{Risk, Severity};
use crate::policy::actions::ActionClass;
use alloc::collections::BTreeSet;

/// Instances of one service beyond which a person is asked, and deletions.
const MANY: u32 = 10;

/// What a plan is judged by. What is not known stands as the worse of what it could be.
#[derive(Clone, Debug)]
pub struct Case {
    /// How far it reaches.
    pub level: Level,
    /// How many instances that are.
    pub instances: u32,
    /// Whether what it reaches, or its service, is critical.
    pub critical: bool,
    /// How bad the incident is.
    pub severity: Severity,
    /// The risk of its riskiest action, undoing included.
    pub risk: Risk,
    /// Whether an action of more than low risk cannot be undone.
    pub irreversible: bool,
    /// What kinds of sensitive thing its actions are.
    pub classes: BTreeSet<ActionClass>,
    /// Whether it is about anything in production.
    pub production: bool,
    /// How much it deletes.
    pub deletions: u32,
}

/// What a line of the table asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// The approval of a person.
    Person,
    /// The approval of two people.
    TwoPeople,
    /// The approval of somebody who holds this role.
    Role(&'static str),
    /// An order by a person, and the approval of each of these roles. Without both it is forbidden.
    SignOff(&'static [&'static str]),
}

/// A line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its id, a part of the rule ids of the link.
    pub id: &'static str,
    /// The level it is about; unset: any.
    pub level: Option<Level>,
    /// The least risk it is about.
    pub risk: Risk,
    /// When else it fits, in words.
    pub when: &'static str,
    /// When else it fits.
    holds: fn(&Case) -> bool,
    /// What it asks for.
    pub asks: Asks,
}

/// What an action needs by level, risk and circumstances.
pub const TABLE: &[Rule] = &[
    Rule {
        id: "minor",
        level: Some(Level::SingleService),
        risk: Risk::Low,
        when: "the incident is SEV2 or SEV3",
        holds: |case| !case.severity.at_least(Severity::Sev1),
        asks: Asks::Person,
    },
    Rule {
        id: "critical_service",
        level: Some(Level::SingleService),
        risk: Risk::Low,
        when: "the service, or a component of it, is critical",
        holds: |case| case.critical,
        asks: Asks::Person,
    },
    Rule {
        id: "many_instances",
        level: Some(Level::SingleService),
        risk: Risk::Low,
        when: "it reaches more than 10 instances",
        holds: |case| case.instances > MANY,
        asks: Asks::Person,
    },
    Rule {
        id: "multiple_services",
        level: Some(Level::MultipleServices),
        risk: Risk::Low,
        when: "always",
        holds: |_| true,
        asks: Asks::Person,
    },
    Rule {
        id: "cluster_wide",
        level: Some(Level::ClusterWide),
        risk: Risk::Low,
        when: "always",
        holds: |_| true,
        asks: Asks::SignOff(&["sre_lead", "engineering_manager"]),
    },
    Rule {
        id: "multi_region",
        level: Some(Level::MultiRegion),
        risk: Risk::Low,
        when: "always",
        holds: |_| true,
        asks: Asks::SignOff(&["cto", "vp_engineering"]),
    },
    Rule { id: "risk", level: None, risk: Risk::High, when: "always", holds: |_| true, asks: Asks::TwoPeople },
    Rule {
        id: "critical_risk",
        level: None,
        risk: Risk::Critical,
        when: "always",
        holds: |_| true,
        asks: Asks::Role("sre_lead"),
    },
    Rule {
        id: "irreversible",
        level: None,
        risk: Risk::Medium,
        when: "an action of it cannot be undone",
        holds: |case| case.irreversible,
        asks: Asks::Person,
    },
    Rule {
        id: "production_database",
        level: None,
        risk: Risk::Low,
        when: "it changes a database in production",
        holds: |case| case.production && case.classes.contains(&ActionClass::DatabaseChange),
        asks: Asks::Person,
    },
    Rule {
        id: "security_policy",
        level: None,
        risk: Risk::Low,
        when: "it changes who may reach what",
        holds: |case| case.classes.contains(&ActionClass::SecurityPolicyChange),
        asks: Asks::Person,
    },
    Rule {
        id: "deletions",
        level: None,
        risk: Risk::Low,
        when: "it deletes more than 10 resources",
        holds: |case| case.deletions > MANY,
        asks: Asks::Person,
    },
];

impl Rule {
    /// Whether the line fits `case`.
    pub fn fits(&self, case: &Case) -> bool {
        self.level.is_none_or(|level| level == case.level) && case.risk >= self.risk && (self.holds)(case)
    }
}

/// The lines that fit `case`; none: it may run alone.
pub fn fitting(case: &Case) -> impl Iterator<Item = &'static Rule> {
    TABLE.iter().filter(|rule| rule.fits(case))
}

#[cfg(test)]
mod tests;
