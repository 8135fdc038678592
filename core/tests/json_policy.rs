//! A policy in JSON loads with and without the feature `yaml`, shipped actions, playbooks and severity rules included.

use homeostat_core::engine::Engine;
use homeostat_core::policy::{Policy, Source};

#[test]
fn a_policy_in_json_loads_whole() {
    let text = r#"{
        "mode": "auto",
        "components": {
            "web": {
                "run": ["python3", "-m", "http.server", "8080"],
                "checks": [{ "http": "http://127.0.0.1:8080/" }]
            }
        }
    }"#;
    let source = Source { name: "policy.json".into(), text: text.into() };
    let loaded = Policy::load(&[source]).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert!(loaded.policy.actions().len() > 40);
    assert!(!loaded.policy.severity().is_empty());
    let ladder = loaded.policy.ladder(&loaded.policy.components()[0]).count();
    assert_eq!(ladder, 1, "the shipped ladder for supervised components");
    let engine = Engine::new(loaded.policy);
    assert_eq!(Engine::restore(&engine.snapshot()).map(|engine| engine.digest()), Ok(engine.digest()));
}
