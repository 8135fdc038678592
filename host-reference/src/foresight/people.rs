//! People who could not be reached, and people whom this host would not know.

use super::{Foresight, named_few};
use crate::host::people::Users;
use homeostat_core::model::severity::Risk;
use homeostat_core::model::window::WindowKind;
use homeostat_core::policy::document::Origin;
use homeostat_core::policy::draft::playbook::all_steps;
use homeostat_core::policy::escalation::{Channel, ChannelKind};
use homeostat_core::policy::mode::Mode;
use homeostat_core::policy::playbook::Playbook;
use homeostat_core::policy::problem::slip;
use homeostat_core::policy::windows::When;
use homeostat_core::primitives::name::Name;
use homeostat_core::primitives::time::Time;

impl Foresight<'_> {
    pub(super) fn channels(&self) {
        for channel in self.policy.channels() {
            self.channel(channel);
        }
    }

    /// Windows and silences that are over already: they will never hold again.
    pub(super) fn past(&self, now: Time) {
        let Some(root) = self.sites.root() else { return };
        for window in self.policy.windows() {
            let When::Once { end, .. } = window.when else { continue };
            let section = if window.kind == WindowKind::Change { "change_windows" } else { "maintenance" };
            if let (true, Some(section)) = (end <= now, root.existing(section)) {
                let site = section.mention(&[window.name.as_str()]).unwrap_or(section);
                let what = format!("the {} window `{}` is over", window.kind, window.name);
                self.say(site.warning(what).help("it never opens again: take it out, or say another time"));
            }
        }
        for declared in self.policy.notifications().silences.iter().filter(|it| it.silence.until <= now) {
            let section = root.existing("notifications").and_then(|section| section.existing("silences"));
            if let Some(site) = section {
                let what = format!("the silence `{}` is over", declared.silence.reason);
                self.say(site.warning(what).help("it holds nothing back any more: take it out, or say another time"));
            }
        }
    }

    /// Where nobody is named, root and the user who runs the host are all who may approve.
    pub(super) fn unnamed(&self, origins: &[Origin]) {
        let own = self.policy.playbooks().iter().zip(origins);
        let risky: Vec<(&str, &Origin)> = own
            .filter(|(playbook, _)| !playbook.id.as_str().starts_with("library/") && self.takes_two(playbook))
            .map(|(playbook, origin)| (playbook.id.as_str(), origin))
            .collect();
        let Some((_, origin)) = risky.first().filter(|_| self.policy.people().is_empty()) else { return };
        let names: Vec<&str> = risky.iter().map(|(name, _)| *name).collect();
        let what =
            format!("it takes two people to approve {}, and nobody is named under `people`", named_few(&names, "and"));
        let help = "root and the user who runs the host are all who may then: run as root, it is never done";
        self.say(self.sites.find(origin).warning(what).help(help));
    }

    /// Whether plans of the playbook wait for two people.
    fn takes_two(&self, playbook: &Playbook) -> bool {
        let mode = playbook.safety.mode.map_or(self.policy.mode(), |mode| mode.min(self.policy.mode()));
        let mut actions = all_steps(&playbook.steps).filter_map(|step| self.policy.action(&step.action));
        mode >= Mode::Approve && actions.any(|action| action.risk >= Risk::High)
    }

    fn channel(&self, Channel { name, kind }: &Channel) {
        let declared = self.sites.root().and_then(|root| root.existing("channels")?.mention(&[name.as_str()]));
        let Some(site) = declared else { return };
        match kind {
            ChannelKind::Custom(kind) => {
                let warning = site.warning(format!("this host knows no channel `{kind}`: the next one is tried"));
                self.say(
                    warning
                        .help(format!("say how: `{name}: {{ webhook: {{ url: \"https://…\" }} }}`, or `{name}: log`")),
                );
            }
            ChannelKind::Webhook { secret_from: Some(variable), .. } if std::env::var_os(variable).is_none() => {
                let warning = site.mention(&[variable.as_str()]).unwrap_or(site);
                let what = format!("the environment variable `{variable}` is not set here");
                let help = format!("without it no message goes out over `{name}`: the next channel is tried");
                self.say(warning.warning(what).help(help));
            }
            ChannelKind::Log | ChannelKind::Webhook { .. } => {}
        }
    }

    /// Who asks the host is known by the name of his account.
    pub(super) fn people(&self, origin: &Origin) {
        self.nobodies(origin);
        let users = Users::all();
        let is_user = |name: &str| users.contains(name) || name.starts_with("uid-");
        let named = self.policy.people().keys().map(Name::as_str);
        let strangers: Vec<&str> = named.filter(|name| !is_user(name)).collect();
        if users.is_empty() || strangers.is_empty() {
            return;
        }
        let section = self.sites.find(origin);
        let help = "the host knows who asks by his account: nobody can ask it as one of these here";
        let (slips, others): (Vec<&str>, Vec<&str>) =
            strangers.into_iter().partition(|name| slip(name, users.iter().map(String::as_str)).is_some());
        for name in slips {
            let site = section.at_key(name).unwrap_or_else(|| section.clone());
            let near = slip(name, users.iter().map(String::as_str));
            self.say(site.warning(format!("no user of this machine is called `{name}`")).did_you_mean(near).help(help));
        }
        if let Some(first) = others.first() {
            let site = section.at_key(first).unwrap_or_else(|| section.clone());
            let all = named_few(&others, "or");
            self.say(site.warning(format!("no user of this machine is called {all}")).help(help));
        }
    }

    /// Whoever the kernel cannot name, it gives this id: a role for him would be one for everybody.
    fn nobodies(&self, origin: &Origin) {
        let nobodies = Users::nobodies();
        for name in self.policy.people().keys().map(Name::as_str).filter(|name| nobodies.contains(*name)) {
            let section = self.sites.find(origin);
            let site = section.at_key(name).unwrap_or(section);
            let help = "the kernel gives its id to whoever it cannot name: choose a user of its own";
            self.say(site.warning(format!("`{name}` is always turned away, whatever its roles")).help(help));
        }
    }
}
