"""What the image leaves out is missed with a sentence, not with a traceback."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
sys.modules["timezonefinder"] = None  # as in the image
from gateway.cli import main
sys.exit(main(["demo", "--data", "nowhere"]))
"""


def test_real_data_without_its_library_says_what_is_missing() -> None:
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert ran.returncode == 1
    assert ran.stderr.startswith("configuration: `--data` needs timezonefinder")
    assert "Traceback" not in ran.stderr
