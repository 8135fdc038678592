//! How many instances of a component there are to be: known before the first one is started, and for good.

use super::state::Wanted;
use super::{InstanceId, Program, Status, SuperviseError, Supervisor};

/// Whose turn it is to change how many there are: no instance has this number.
const ALL: u32 = 0;

impl Supervisor {
    /// Takes the numbers that the policy gives to components. One that it gave before changes nothing, since there may
    /// have been a scaling in the meantime; a new one counts.
    ///
    /// # Errors
    /// [`SuperviseError::State`]; then nothing has changed.
    pub fn want<'a>(&self, numbers: impl IntoIterator<Item = (&'a str, u32)>) -> Result<(), SuperviseError> {
        let file = &mut self.inner().file;
        let mut wanted = file.state.wanted.clone();
        for (component, number) in numbers {
            let count = match wanted.get(component) {
                Some(Wanted { policy: Some(before), .. }) if *before != number => number,
                Some(Wanted { count, .. }) => *count,
                // Scaled under an earlier version, which wrote no numbers down: what runs goes on.
                None => file.highest(component).unwrap_or_default().max(number),
            };
            wanted.insert(component.to_owned(), Wanted { count, policy: Some(number) });
        }
        file.set_wanted(wanted)
    }

    /// How many instances of a component there are to be; where nobody has said, as many as were started.
    #[must_use]
    pub fn wanted(&self, component: &str) -> u32 {
        let file = &self.inner().file;
        let wanted = file.state.wanted.get(component).map(|wanted| wanted.count);
        wanted.or_else(|| file.highest(component)).unwrap_or(1)
    }

    /// Makes the instances 1 to `count` run, and ends those above. Asking twice does no harm, and a host that is killed
    /// meanwhile leaves the rest to the next one.
    ///
    /// # Errors
    /// The first that came; what was done before it stands, and `count` are wanted.
    pub async fn scale(&self, program: &Program, count: u32) -> Result<(), SuperviseError> {
        let turn = self.turn(&program.instance(ALL));
        let _mine = turn.lock().await;
        self.set_count(&program.component, count)?;
        for number in 1..=count {
            let instance = program.instance(number);
            if !matches!(self.status(&instance), Status::Running(_)) {
                self.start(program, number).await?;
            }
        }
        self.stop_above(program, count).await
    }

    /// The instances of a component that are more than are wanted.
    #[must_use]
    pub fn surplus(&self, component: &str) -> Vec<InstanceId> {
        let wanted = self.wanted(component);
        let above = |instance: &InstanceId| instance.component == component && instance.number > wanted;
        self.instances().into_iter().filter(above).collect()
    }

    /// Ends those that are more than are wanted.
    ///
    /// # Errors
    /// The first that came; what was done before it stands.
    pub async fn end_surplus(&self, program: &Program) -> Result<(), SuperviseError> {
        let turn = self.turn(&program.instance(ALL));
        let _mine = turn.lock().await;
        self.stop_above(program, self.wanted(&program.component)).await
    }

    fn set_count(&self, component: &str, count: u32) -> Result<(), SuperviseError> {
        let file = &mut self.inner().file;
        let mut wanted = file.state.wanted.clone();
        let policy = wanted.get(component).and_then(|wanted| wanted.policy);
        wanted.insert(component.to_owned(), Wanted { count, policy });
        file.set_wanted(wanted)
    }

    async fn stop_above(&self, program: &Program, count: u32) -> Result<(), SuperviseError> {
        for instance in self.instances() {
            if instance.component == program.component && instance.number > count {
                self.stop(&instance, program.grace).await?;
            }
        }
        Ok(())
    }
}
