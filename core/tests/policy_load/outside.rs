//! What data from outside may become, and what not: an output of a step arrives in an event (SPEC R3).

use super::*;

/// Steps after one whose output is `${steps.ask.x}`.
fn steps(actions: &str, steps: &str) -> String {
    format!(
        "components: {{ web: {{ run: [web] }} }}
playbooks:
  - name: p
    trigger: web.unhealthy
    steps:
      - {{ id: ask, look: {{}} }}
      - {steps}
actions:
  look: {{ risk: low, reversal: not_needed }}
  mine: {{ risk: low, reversal: not_needed, {actions} }}"
    )
}

fn refused(actions: &str, step: &str, expected: &str) {
    let found = refusals(&steps(actions, step));
    assert!(found.len() == 1 && found[0].contains(expected), "{actions} {step}: {found:?}");
}

#[test]
fn an_action_of_ones_own_cannot_make_code_of_a_value() {
    for argv in [
        "perl, -E, '${x}'",
        "node, --eval, '${x}'",
        "bash, -c, -x, '${x}'",
        "psql, --command, '${x}'",
        "env, sh, -c, '${x}'",
        "sudo, -u, web, sh, -c, '${x}'",
        "ssh, web, '${x}'",
        "'${x}', -v",
    ] {
        let found = refusals(&format!(
            "actions: {{ mine: {{ risk: low, parameters: {{ x: {{ type: text }} }}, adapter: {{ exec: [{argv}] }} }} }}"
        ));
        assert!(found.len() == 1 && found[0].contains("read as code"), "{argv}: {found:?}");
    }
    load(&steps(
        "parameters: { x: { type: text } }, adapter: { exec: [sudo, -n, systemctl, restart, '${x}'] }",
        "mine: { x: '${steps.ask.x}' }",
    ));
}

#[test]
fn a_whole_argument_vector_is_looked_at_where_a_step_gives_it() {
    let list = "parameters: { argv: { type: list } }, adapter: { exec: ['${argv}'] }";
    refused(list, "mine: { argv: [sh, -c, '${steps.ask.x}'] }", "read as code");
    refused(list, "mine: { argv: ['${steps.ask.x}', a] }", "`argv` begins with a program");
    refused(list, "mine: { argv: '${steps.ask.x}' }", "`argv` begins with a program");
    refused(list, "mine: { argv: [prog, 'a${steps.ask.x}'] }", "one whole");
    let text = "parameters: { what: { type: text } }, adapter: { exec: ['${what}'] }";
    refused(text, "mine: { what: '${steps.ask.x}' }", "`what` begins with a program");
    let part = "parameters: { more: { type: list } }, adapter: { exec: [docker, exec, web, '${more}'] }";
    refused(part, "mine: { more: [sh, -c, '${steps.ask.x}'] }", "read as code");
    load(&steps(list, "mine: { argv: [prog, --name, '${steps.ask.x}'] }"));
    load(&steps(part, "mine: { more: [prog, '${steps.ask.x}'] }"));
}

#[test]
fn a_shipped_action_under_an_own_name_is_looked_at_too() {
    let text = steps("about: none", "run_command: { argv: [sh, -c, '${steps.ask.x}'] }");
    let own = text + "\n  run_command: { timeout: 2m }";
    assert!(refusals(&own).iter().any(|refusal| refusal.contains("read as code")), "{:?}", refusals(&own));
}

#[test]
fn no_value_names_a_variable_a_header_or_a_directory() {
    for env in ["['${steps.ask.x}']", "'${steps.ask.x}'", "['${steps.ask.x}=1']", "[A=1, 'A${steps.ask.x}=1']"] {
        refused("about: none", &format!("exec: {{ argv: [prog], env: {env} }}"), "names itself");
    }
    for headers in ["['${steps.ask.x}']", "'${steps.ask.x}'", "['X-${steps.ask.x}: 1']"] {
        refused("about: none", &format!("http: {{ url: 'http://a/', headers: {headers} }}"), "names itself");
    }
    refused("about: none", "exec: { argv: [./prog], directory: '${steps.ask.x}' }", "`directory`");
    for env in ["['A=${steps.ask.x}', B=1]", "{ A: '${steps.ask.x}' }"] {
        load(&steps("about: none", &format!("exec: {{ argv: [prog], env: {env} }}")));
    }
    load(&steps("about: none", "http: { url: 'http://a/', headers: ['X-A: ${steps.ask.x}'] }"));
}

#[test]
fn no_value_names_a_host_whatever_the_parameter_is_called() {
    let ping = "parameters: { endpoint: { type: text } }, adapter: { http: '${endpoint}' }";
    refused(ping, "mine: { endpoint: '${steps.ask.x}' }", "comes from outside");
    refused(ping, "mine: { endpoint: 'http://${steps.ask.x}/a' }", "name the host");
    refused(ping, "mine: { endpoint: 'http://a${steps.ask.x}/' }", "name the host");
    load(&steps(ping, "mine: { endpoint: 'http://a/${steps.ask.x}' }"));
    load(&steps(ping, "{ for_each: ['http://a/', 'http://b/'], as: at, steps: [{ mine: { endpoint: '${at}' } }] }"));
}

#[test]
fn what_undoes_a_step_is_looked_at_too() {
    let undo =
        |with: &str| format!("exec: {{ argv: [prog] }}, undo: {{ capture: [x], action: exec, with: {{ {with} }} }}");
    let undo = |with: &str| format!("{{ {} }}", undo(with));
    refused("about: none", &undo("argv: [sh, -c, '${before.x}']"), "undoing this step by `exec`");
    refused("about: none", &undo("argv: [prog], env: ['${before.x}']"), "names itself");
    load(&steps("about: none", &undo("argv: [prog, --back-to, '${before.x}']")));
}
