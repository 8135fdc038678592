"""The package as its users install it."""

import json
import unittest

from homeostat import Engine, RefusedError

POLICY = """
mode: auto
components:
  web:
    run: ["web-server"]
    checks:
      - http: http://127.0.0.1:8080/
"""
STARTED = json.dumps({"at": 1000, "event": {"type": "started", "epoch": 1}}).encode()
LATER = json.dumps({"at": 61000, "event": {"type": "time_advanced"}}).encode()


class EngineTest(unittest.TestCase):
    def test_an_engine_takes_an_input_and_answers_with_facts_and_commands(self):
        engine = Engine(POLICY)
        output = json.loads(engine.step(STARTED))
        self.assertIsInstance(output["facts"], list)
        self.assertIsInstance(output["commands"], list)
        self.assertIsInstance(json.loads(engine.outstanding()), list)

    def test_a_restored_engine_goes_on_where_the_other_was(self):
        engine = Engine(POLICY)
        engine.step(STARTED)
        restored = Engine.restore(engine.snapshot())
        self.assertEqual(restored.step(LATER), engine.step(LATER))

    def test_a_policy_or_a_snapshot_that_cannot_be_taken_is_raised(self):
        with self.assertRaises(RefusedError) as raised:
            Engine("components: 5")
        self.assertTrue(json.loads(str(raised.exception)))
        with self.assertRaises(RefusedError):
            Engine.restore(b"\x01\x02\x03")

    def test_what_is_no_input_is_refused_by_a_fact(self):
        self.assertIn(b"input_refused", Engine(POLICY).step(b'{"at":'))

    def test_a_view_answers_a_query_and_changes_nothing(self):
        engine = Engine(POLICY)
        engine.step(STARTED)
        before = engine.snapshot()
        self.assertEqual(json.loads(engine.view('{"view":"status"}'))["view"], "status")
        with self.assertRaises(RefusedError):
            engine.view('{"view":')
        self.assertEqual(engine.snapshot(), before)

    def test_a_refusal_is_a_value_error(self):
        self.assertTrue(issubclass(RefusedError, ValueError))


if __name__ == "__main__":
    unittest.main()
