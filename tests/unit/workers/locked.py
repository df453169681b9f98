"""Run a snippet in a new process, as this user or, where we are root, as one without rights too."""

import os
import subprocess
import sys

NOBODY = 65534
USERS = [None, NOBODY] if os.geteuid() == 0 else [None]


def environment():
    """Return the environment of such a process."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"}


def run(code, user=None):
    """Return what the snippet prints; it fails with the snippet's own error."""
    # The interpreter may live in root's home: the right to pass through folders is all that this user keeps.
    rights = ["--inh-caps", "-all,+dac_read_search", "--ambient-caps", "-all,+dac_read_search"]
    identity = ["setpriv", "--reuid", str(user), "--regid", str(user), "--clear-groups", *rights] if user else []
    done = subprocess.run(
        [*identity, sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment(),
        cwd="/",
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
