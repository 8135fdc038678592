//! Messages to people, over the channels of the policy.

use super::world::World;
use crate::notify::{Delivery, Line, Notification as Sent, Secret, Tone, Webhook};
use crate::os_error;
use homeostat_core::model::command::Notification;
use homeostat_core::policy::escalation::{Channel, ChannelKind};
use homeostat_core::primitives::digest::Digest;
use serde_json::json;
use std::time::Duration;

/// How long the host tries to say that it is in trouble itself.
const ALARM_TIME: Duration = Duration::from_secs(60);

/// Tells; why not, if it did not arrive.
pub(super) async fn tell(world: &World, notification: &Notification, channel: Option<&Channel>) -> Result<(), String> {
    let now = world.clock.now();
    if now >= notification.not_after {
        return Err("its time was over".to_owned());
    }
    let channel = channel.ok_or_else(|| format!("there is no channel `{}` any more", notification.channel))?;
    match &channel.kind {
        ChannelKind::Custom(kind) => Err(format!("this host has no channel of kind `{kind}`")),
        ChannelKind::Log => {
            let mut text = notification.title.clone();
            for line in &notification.lines {
                text = text + " · " + line;
            }
            let line = Line {
                at_ms: now.ms(),
                subject: format!("to {}", notification.recipient),
                word: "notify".to_owned(),
                text,
                tone: Tone::Warning,
            };
            world.log.say(&line).map_err(|error| os_error::said(&error))
        }
        ChannelKind::Webhook { url, secret_from } => {
            let sent = Sent {
                id: notification.id.to_string(),
                at_ms: now.ms(),
                event: notification.reason.to_string(),
                subject: notification.recipient.to_string(),
                text: notification.title.clone(),
                details: json!(notification),
            };
            let left = Duration::from_millis(notification.not_after.since(now).ms().unsigned_abs());
            deliver(world, url, secret_from.as_deref(), &sent, left).await
        }
    }
}

/// Says over one channel how the host itself is.
pub(super) async fn alarm(world: &World, channel: &Channel, well: bool, detail: &str) {
    let ChannelKind::Webhook { url, secret_from } = &channel.kind else { return };
    let at_ms = world.clock.now().ms();
    let (event, text) =
        if well { ("host.well", "Homeostat acts again") } else { ("host.unwell", "Homeostat stopped acting") };
    let sent = Sent {
        id: Digest::of_fields(&[event.as_bytes(), &at_ms.to_le_bytes(), channel.name.as_str().as_bytes()])
            .short()
            .to_string(),
        at_ms,
        event: event.to_owned(),
        subject: "homeostat".to_owned(),
        text: format!("{text}: {detail}"),
        details: json!({}),
    };
    // Whoever cannot be told now reads it in the log, and in the journal once that can be written.
    let _ = deliver(world, url, secret_from.as_deref(), &sent, ALARM_TIME).await;
}

async fn deliver(
    world: &World,
    url: &str,
    secret_from: Option<&str>,
    sent: &Sent,
    time: Duration,
) -> Result<(), String> {
    let secret = match secret_from {
        None => None,
        Some(name) => {
            let value = std::env::var(name).map_err(|_| format!("the environment variable `{name}` is not set"))?;
            Some(Secret::new(value))
        }
    };
    let webhook = Webhook { web: world.web.clone(), url: url.to_owned(), secret };
    match webhook.deliver(sent, time).await {
        Delivery::Delivered { .. } => Ok(()),
        Delivery::Failed { attempts, detail } => Err(format!("{detail}, after {attempts} attempts")),
    }
}
