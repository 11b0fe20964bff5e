"""The runners of the tests themselves, on a machine that does not permit what they need: here, for a user without root."""

import subprocess

import pytest


@pytest.mark.parametrize("runner", ["system/run", "system/run --shards", "system/run --alone", "system/durability/run"])
def test_where_namespaces_are_refused_one_line_says_what_was_not_tried(runner):
    run = subprocess.run(f"/srv/tree/tests/{runner}".split(), user="alice", group="alice", extra_groups=[], cwd="/", capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run
    lines = run.stdout.splitlines()
    assert [line for line in lines if line.startswith("not tried: ")] == lines[:1], run.stdout
    assert "need root" in lines[0] and "skipped" in lines[-1] and "failed" not in lines[-1], run.stdout
    # Each file of tests has a line, and there are more than a thousand tests.
    assert len(lines) < 200, "one line for each test that was skipped"
