// Compiled, never run: the types say what the package does.
import { Engine } from "homeostat";

const engine: Engine = new Engine("mode: auto");
const output: string = engine.step("{}");
const snapshot: Uint8Array = engine.snapshot();
const restored: Engine = Engine.restore(snapshot);
restored.view(output);
restored.outstanding();
restored.free();

// @ts-expect-error a policy is text
new Engine(5);
// @ts-expect-error an input is text
engine.step({});
// @ts-expect-error a snapshot is bytes
Engine.restore("");
