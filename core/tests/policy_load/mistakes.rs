//! What is refused or doubted, and how that is said.

use super::*;

/// The golden text is what a person sees. When it changes on purpose, run with `UPDATE=1` and review the difference.
#[test]
fn ten_mistakes_are_reported_together_with_line_column_and_suggestion() {
    let text = include_str!("../policy/ten-mistakes.yaml");
    let problems = Policy::load(&source(text)).expect_err("this policy has mistakes");
    let found = report(&problems, text);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/policy/ten-mistakes.txt"), &found).unwrap();
    }
    assert_eq!(found, include_str!("../policy/ten-mistakes.txt"));
    assert_eq!(problems.len(), 10);
}

#[test]
fn dependencies_name_components_entries_and_services() {
    let text = "
components:
  front: { depends_on: [back, shared], checks: [{ heartbeat: 1m }] }
  back: { instances: 2, checks: [{ heartbeat: 1m }] }
  cache: { service: shared, checks: [{ heartbeat: 1m }] }";
    let policy = load(text).policy;
    let needs: Vec<&str> = component(&policy, "front").depends_on.iter().map(|name| name.as_str()).collect();
    // The names of what has several members stay: what is registered later may be one of them.
    assert_eq!(needs, ["back", "back-1", "back-2", "cache", "shared"]);
}

#[test]
fn what_components_need_and_are_like_must_make_sense() {
    let known = [
        ("a: { depends_on: [a] }", "component `a` depends on itself"),
        ("a: { depends_on: [s], service: s }", "component `a` depends on itself"),
        (
            "a: { depends_on: [b] }, b: { depends_on: [c] }, c: { depends_on: [a] }",
            "dependencies go in a circle: a → b → c → a",
        ),
        ("a: { like: a }", "component `a` is like itself"),
        ("a: { like: b }, b: { like: a }", "is like itself"),
        ("a: { like: bb }, bbb: {}", "component `a` is like `bb`, which is unknown did you mean `bbb`?"),
        ("a: { instances: [x] }, x: {}", "component `x` is also made by `a`"),
        ("a: { instances: [x, x] }", "component `x` is also made by `a`"),
        ("a b: {}", "`a b` is no name"),
        ("a: { checks: [{ http: \"http://${instnace}/\" }] }", "did you mean `${instance}`?"),
        ("a: { checks: [{ process: {} }] }", "does not say which process"),
        ("a: { checks: [{ http: http://a/, tcp: \"a:1\" }] }", "has both `http` and `tcp`"),
        ("a: { checks: [{ name: x, heartbeat: 1m }, { name: x, heartbeat: 1m }] }", "already has a check named `x`"),
        ("a: { interval: 5s, checks: [{ heartbeat: 1m }] }", "`interval` belongs to `check`"),
    ];
    for (components, message) in known {
        let refusals = refusals(&format!("components: {{ {components} }}"));
        assert!(refusals.iter().any(|refusal| refusal.contains(message)), "{components}: {refusals:?}");
    }
}

#[test]
fn a_mistake_in_a_template_or_in_many_instances_is_reported_once() {
    let text = "components: { a: { class: x, depends_on: [nobody], instances: 9 }, b: { like: a }, c: { like: b } }";
    assert_eq!(refusals(text).len(), 2, "{:?}", refusals(text));
}

#[test]
fn what_is_probably_not_meant_is_said() {
    let known = [
        ("components: { a: { critical: true } }", "component `a` has no check"),
        (
            "components: { a: { checks: [{ http: http://a/, interval: 5m }] } }",
            "component `a` has detection slower than the objective of 1 m",
        ),
        (
            "components: { a: { checks: [{ http: http://a/ }] }, b: { like: a } }",
            "2 components have no playbook that answers a failure",
        ),
        ("mode: approve\npeople: { ann: viewer }", "nobody under `people` can approve: operator, sre_lead"),
        (
            "mode: suggest\npeople: { ann: operator }",
            "nobody under `people` can let go on what was stopped, or raise a mode that was lowered",
        ),
        (
            "mode: auto\npeople: { ann: operator }\ncomponents: { a: { run: [a] } }\n\
             playbooks: [{ name: p, trigger: a.unhealthy, steps: [x] }]\nactions: { x: { risk: critical } }",
            "nobody under `people` is an sre_lead, to approve p",
        ),
        (
            "mode: auto\npeople: { ann: sre_lead }\ncomponents: { a: { run: [a] } }\n\
             playbooks: [{ name: p, trigger: a.unhealthy, steps: [x] }]\nactions: { x: { risk: high } }",
            "one person under `people` can approve, and p takes two",
        ),
        ("safety: { approval: { any_of: [king] } }", "unknown role `king`, which nobody under `people` holds"),
        ("safety: { sev0_allow: restart }", "`restart` is never done alone at SEV0: it is of more than low risk"),
        ("safety: { sev0_allow: rotate_logs }", "`rotate_logs` is never done alone at SEV0: it cannot be taken back"),
        (
            "safety: { sev0_allow: x }\nactions: { x: { risk: low, touches: service, reversal: not_needed } }",
            "`x` is never done alone at SEV0: it touches more than one instance",
        ),
        ("mode: off", "this policy has no components: nothing is watched"),
        ("components: {}", "this policy has no components: nothing is watched"),
        ("components:", "this policy has no components: nothing is watched"),
        (
            "components: { a: { type: postgress, checks: [tcp: 'a:1'] } }",
            "`postgress` is nearly the type `postgres`, but not it",
        ),
        (
            "components: { a: { type: kafkaa, run: [a] } }\n\
             playbooks: [{ name: p, trigger: { type: kafka }, steps: [restart] }]",
            "`kafkaa` is nearly the type `kafka`, but not it",
        ),
        (
            "components: { a: { type: kafkaa, run: [a] } }\n\
             playbooks: [{ name: p, trigger: { type: kafka }, steps: [restart] }]",
            "the trigger of `p` fits no component of this policy",
        ),
        (
            "escalation: [{ chain: [{ notify: a }] }, { name: late, chain: [{ notify: b }] }]",
            "the escalation chain `late` is never reached",
        ),
        (
            "people: { alice: sre_lead }\nescalation: [{ chain: [{ notify: alcie }] }]",
            "nobody under `people` is called `alcie`",
        ),
        (
            "components: { a: { checks: [{ http: { url: http://a/, latency: 2s } }] } }",
            "a `latency` of 2s never counts: the timeout is 1s",
        ),
        (
            "components: { a: { checks: [{ exec: [ps, '|', grep] }] } }",
            "`|` is handed to the program as an argument: no shell is involved",
        ),
        (
            "components: { a: { run: [a], service: s } }\nsafety: { budgets: { s: { keep_healthy_at_least: 2 } } }",
            "`s` has 1 members, it can never keep 2 healthy",
        ),
    ];
    for (text, message) in known {
        let said: Vec<String> = load(text).warnings.into_iter().map(|warning| warning.message).collect();
        assert!(said.iter().any(|said| said == message), "{text}: {said:?}");
    }
    for quiet in [
        format!("{SMALLEST}people: {{ ann: [operator, sre_lead] }}"),
        "components: { a: { type: cluster, run: [a] }, b: { type: nodejs, run: [b] } }".into(),
        "components: { a: { type: postgress, run: [a] } }\n\
         playbooks: [{ name: p, trigger: { type: postgress, state: unhealthy }, steps: [restart] }]"
            .into(),
        "components: { a: { run: [a] } }\n\
         escalation: [{ when: { severity: { at_least: SEV1 } }, chain: [{ notify: a }] }, { chain: [{ notify: b }] }]"
            .into(),
        "people: { ann: [boss, cto] }\nsafety: { approval: { any_of: [boss] } }\ncomponents: { a: { run: [a] } }"
            .into(),
    ] {
        let said = load(&quiet).warnings;
        assert!(said.is_empty(), "{quiet}: {said:?}");
    }
}

#[test]
fn what_a_check_or_a_step_asks_is_looked_at_as_far_as_it_can_be_known() {
    let check = |text: &str| format!("components: {{ c: {{ run: [c], checks: [{text}] }} }}");
    let step = |text: &str| {
        format!(
            "components: {{ c: {{ run: [c] }} }}\nplaybooks: [{{ name: p, trigger: c.unhealthy, steps: [{text}] }}]"
        )
    };
    let adapter =
        |text: &str| format!("components: {{ c: {{ run: [c] }} }}\nactions: {{ x: {{ risk: low, adapter: {text} }} }}");
    let known = [
        (check("{ exec: { argv: 'ls -la' } }"), "as a list, found `ls -la` did you mean `[ls, -la]`?"),
        (check("{ exec: 'ps | wc' }"), "did you mean `[sh, -c, \"ps | wc\"]`?"),
        (step("{ exec: { argv: 'ls -la' } }"), "2:70 `argv` expects a program and its arguments as a list"),
        (step("{ action: exec, argv: 'ls -la' }"), "as a list, found `ls -la` did you mean `[ls, -la]`?"),
        (step("{ exec: 'ls -la' }"), "`exec` expects a program and its arguments as a list"),
        (adapter("{ exec: 'ls -la' }"), "`exec` expects a program and its arguments as a list"),
        (check("{ http: { url: nope } }"), "`nope` does not begin with `http://`"),
        (check("{ http: 'http://a:99999/' }"), "has a port that is not from 1 to 65535"),
        (check("{ http: 'http://a;b/' }"), "a character that no host has"),
        (check("{ http: { url: 'http://a/', method: HEAD, contains: ok } }"), "the answer to HEAD has no text"),
        (step("{ http: { url: nope } }"), "`url` expects an absolute URL, but `nope` does not begin"),
        (step("{ http: nope }"), "`http` expects an absolute URL, but `nope` does not begin"),
        (step("{ http: { url: 'http://${component}/' } }"), "a value would name the host"),
        (step("{ http: { url: 'host/${component}' } }"), "`host/…` does not begin with `http://`"),
        (adapter("{ http: nope }"), "`http` expects an absolute URL, but `nope` does not begin"),
        (check("{ tcp: localhost }"), "has no port"),
        (check("{ tcp: 'http://a:80' }"), "has a scheme, and a tcp address has none"),
        (check("{ tcp: '::1:80' }"), "has several colons: write `[address]:port`"),
        (check("{ tcp: '[::1]' }"), "has no port"),
        (check("{ tcp: { host: 'a:80', port: 80 } }"), "a character that no host has"),
        (check("{ tcp: { host: 'http://a', port: 80 } }"), "a blank or a slash"),
        (check("{ process: { program: /usr/sbin/nginx } }"), "found the path `/usr/sbin/nginx` did you mean `nginx`?"),
        (
            check("{ http: 'http://a/', recheck_interval: 1s }"),
            "`recheck_interval` must be longer than the timeout, which is `1s`, found `1s`",
        ),
    ];
    for (text, message) in known {
        let refusals = refusals(&text);
        assert!(refusals.len() == 1 && refusals[0].contains(message), "{text}: {refusals:?}");
    }
    for good in [
        step("{ exec: { argv: 'ls -la | wc', shell: true } }"),
        step("{ exec: ./fix }"),
        step("{ http: { url: 'https://a/x/${component}' } }"),
        adapter("{ exec: 'ls -la', shell: true }"),
        adapter("{ http: 'http://a/${component}' }"),
        check("{ tcp: { host: '::1', port: 80 } }"),
    ] {
        load(&good);
    }
}

#[test]
fn a_document_without_anything_in_it_is_called_empty() {
    for text in ["", "# only a comment\n", "---\n", "null"] {
        let refusals = refusals(text);
        assert!(refusals.len() == 1 && refusals[0].contains("the document is empty"), "{text:?}: {refusals:?}");
    }
}

#[test]
fn what_is_written_out_of_habit_is_understood_and_put_right() {
    let with = |text: &str| format!("components: {{ web: {{ run: [sh] }} }}\n{text}");
    let known = [
        (
            "components: { web: { command: [sh] } }".to_owned(),
            "unknown field `command` in a component did you mean `run`?",
        ),
        ("components: { web: { run: { argv: [sh], cwd: /tmp } } }".to_owned(), "did you mean `directory`?"),
        (
            "components: { web: { check: { http: http://a/ } } }".to_owned(),
            "takes one word, `connection` or `endpoint` did you mean `checks`?",
        ),
        ("components: [web]".to_owned(), "element 0 of `components` expects a component, found `web`"),
        (with("objective: 60s"), "`objective` expects a map, found `60s`"),
        (
            with("playbooks: [restart]"),
            "`restart` is no playbook, only a name did you mean `include: library/restart`?",
        ),
        (with("playbooks: [{ include: restart }]"), "did you mean `library/restart`?"),
        (
            with("playbooks: [{ name: p, trigger: web, steps: [restart] }]"),
            "the trigger names `web` and no state of it",
        ),
        (with("playbooks: [{ name: p, trigger: web.down, steps: [restart] }]"), "`down` is no state of `web`"),
        (
            with("playbooks: [{ name: p, trigger: web.unhealthy, steps: [{ restart: web }] }]"),
            "`restart` expects its parameters as a map",
        ),
        (with("people: [ann]"), "`people` says of each person what he may, as a map"),
        (with("people: { ann: }"), "`ann` has no role"),
        (with("escalation: [{ notify: ann }]"), "did you mean `chain`?"),
        (with("channels: { ops: https://a/x }"), "did you mean `{ webhook: \"https://a/x\" }`?"),
        (with("channels: { ops: { url: https://a/x } }"), "did you mean `webhook`?"),
    ];
    for (text, message) in known {
        let refusals = refusals(&text);
        assert!(refusals.iter().any(|refusal| refusal.contains(message)), "{text}: {refusals:?}");
    }
    for good in ["metric_of_its_own", "web.queue_depth > 5", "disk.full"] {
        load(&with(&format!("playbooks: [{{ name: p, trigger: {good}, steps: [restart] }}]")));
    }
}

#[test]
fn what_is_there_twice_is_reported_once_and_also_beside_other_mistakes() {
    let twice = refusals("components: { a: { run: [x] }, a: { run: [y] } }");
    assert_eq!(twice, ["1:32 duplicate key `a` "]);
    let listed = refusals("components: [{ name: a, run: [x] }, { name: a, run: [y] }]");
    assert_eq!(listed, ["1:37 component `a` is declared twice "]);
    let playbooks = |second: &str| {
        let first = "{ name: f, trigger: a.unhealthy, steps: [restart] }";
        refusals(&format!("components: {{ a: {{ run: [x] }} }}\nplaybooks: [{first}, {second}]"))
    };
    for second in ["{ name: f, trigger: a.unhealthy, steps: [restrat] }", "{ playbook_id: f, steps: [restrat] }"] {
        let found = playbooks(second);
        assert!(found.iter().any(|it| it.contains("the playbook `f` is there twice")), "{found:?}");
        assert!(found.iter().any(|it| it.contains("did you mean `restart`?")), "{found:?}");
    }
}
