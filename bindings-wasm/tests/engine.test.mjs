// The npm package as its users load it, in Node.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { Engine } from "homeostat";

const policy = `
mode: auto
components:
  web:
    run: ["web-server"]
    checks:
      - http: http://127.0.0.1:8080/
`;
const started = JSON.stringify({ at: 1000, event: { type: "started", epoch: 1 } });
const later = JSON.stringify({ at: 61000, event: { type: "time_advanced" } });

test("an engine takes an input and answers with facts and commands", () => {
  const engine = new Engine(policy);
  const { facts, commands } = JSON.parse(engine.step(started));
  assert.ok(Array.isArray(facts));
  assert.ok(Array.isArray(commands));
  assert.ok(Array.isArray(JSON.parse(engine.outstanding())));
});

test("a restored engine goes on where the other was", () => {
  const engine = new Engine(policy);
  engine.step(started);
  const restored = Engine.restore(engine.snapshot());
  assert.equal(restored.step(later), engine.step(later));
});

test("a policy or a snapshot that cannot be taken is thrown", () => {
  assert.throws(
    () => new Engine("components: 5"),
    (error) => error instanceof Error && JSON.parse(error.message).length > 0,
  );
  assert.throws(() => Engine.restore(new Uint8Array([1, 2, 3])), Error);
});

test("what is no input is refused by a fact", () => {
  const engine = new Engine(policy);
  assert.match(engine.step('{"at":'), /input_refused/);
});

test("a view answers a query and changes nothing", () => {
  const engine = new Engine(policy);
  engine.step(started);
  const before = engine.snapshot();
  assert.equal(JSON.parse(engine.view('{"view":"status"}')).view, "status");
  assert.throws(() => engine.view('{"view":'), Error);
  assert.deepEqual(engine.snapshot(), before);
});

test("import and require give the same class", () => {
  const required = createRequire(import.meta.url)("homeostat");
  assert.equal(required.Engine, Engine);
});
