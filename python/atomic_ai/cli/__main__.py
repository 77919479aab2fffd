"""`python -m atomic_ai.cli`."""

import sys

from atomic_ai.cli import main

sys.exit(main())
