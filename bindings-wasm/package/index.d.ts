/**
 * The Homeostat engine: timestamped inputs in, facts and commands out. It has no clock, no timer and no socket: the
 * host tells it the time with each input, and carries out the commands.
 *
 * Strings are canonical JSON. A policy, snapshot or query that cannot be taken is thrown as an `Error`.
 */
export class Engine {
  /** Makes an engine from a policy, given as YAML or JSON text. Throws all mistakes of the policy, as a JSON list. */
  constructor(policy: string);

  /** Makes an engine from a snapshot: the engine that gave it, at that instant. */
  static restore(snapshot: Uint8Array): Engine;

  /** Takes one input in and gives what the engine concluded and asks for. What is no input is refused by a fact. */
  step(input: string): string;

  /** Gives the commands that wait for an answer. */
  outstanding(): string;

  /** Gives all that the engine knows, for `restore`. */
  snapshot(): Uint8Array;

  /** Gives what `query` asks for, such as `{"view":"status"}`, and changes nothing. */
  view(query: string): string;

  /** Gives its memory back at once; without it the garbage collector does so later. */
  free(): void;
}
