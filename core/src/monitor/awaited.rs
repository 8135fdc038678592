//! Which components the warm-up still waits for (SPEC P9). Counted down, so that it costs nothing once it is over.

use crate::knowledge::topology::Slot;
use crate::monitor::roster::{Member, Roster};
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

impl Roster {
    /// Waits for every component of which something can be heard by `until`; for how many.
    pub(super) fn await_all(&mut self, until: Time) -> u32 {
        let heard =
            |member: &Member| self.keys(member.slot).filter_map(|key| self.post(key)).any(|post| post.speaks_by(until));
        let awaited = self.members().filter(|member| heard(member)).map(|member| member.slot).collect();
        self.await_those(awaited)
    }

    /// Waits for these.
    pub(super) fn await_only(&mut self, names: &BTreeSet<Name>) {
        if !names.is_empty() {
            let is = |member: &&Member| names.contains(&member.component.name);
            let awaited = self.members().filter(is).map(|member| member.slot).collect();
            self.await_those(awaited);
        }
    }

    /// Waits for none.
    pub(super) fn await_none(&mut self) {
        if self.awaited > 0 {
            self.await_those(Vec::new());
        }
    }

    /// Whether it waits for none.
    pub(super) const fn awaits_none(&self) -> bool {
        self.awaited == 0
    }

    /// Something was heard of the component.
    pub(super) fn heard_of(&mut self, slot: Slot) {
        if self.awaited > 0
            && let Some(member) = self.member_mut(slot).filter(|member| member.awaited)
        {
            member.awaited = false;
            self.awaited = self.awaited.saturating_sub(1);
        }
    }

    /// Those it waits for, in no order that may be shown.
    pub(super) fn awaited_names(&self) -> Vec<Name> {
        if self.awaited == 0 {
            return Vec::new();
        }
        self.members().filter(|member| member.awaited).map(|member| member.component.name.clone()).collect()
    }

    fn await_those(&mut self, slots: Vec<Slot>) -> u32 {
        for member in self.members_mut() {
            member.awaited = false;
        }
        self.awaited = 0;
        for slot in slots {
            if let Some(member) = self.member_mut(slot) {
                member.awaited = true;
                self.awaited = self.awaited.saturating_add(1);
            }
        }
        self.awaited
    }
}
