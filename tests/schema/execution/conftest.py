"""Makes the modules beside the tests importable: the shop they run against and the generator of operations."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
