"""Sort one mail with the models of your TOML file, or of the keys in your environment.

    python examples/email/triage.py examples/email/inbox/09-refund.eml

The mail becomes five microtasks, each with its own auction; the two free specialists bid beside the models.
"""

import sys
from pathlib import Path

from atomic_ai import Atomic, Budget
from atomic_ai.config import DEFAULT_FILE, from_environment, read
from atomic_ai.demo.mail import parse
from atomic_ai.demo.specialists import specialists
from atomic_ai.demo.triage import LANGUAGE_MODELS, TRIAGE


def main(path: str) -> None:
    models = read(DEFAULT_FILE).cards() if Path(DEFAULT_FILE).is_file() else from_environment(tags=[LANGUAGE_MODELS])
    mail = parse(Path(path).stem, Path(path).read_bytes())
    atomic = Atomic([*models, *specialists()])
    response = atomic.run_sync(TRIAGE.with_input(mail.prompt), budget=Budget(usd=0.01, deadline_s=60))
    print(response.output.model_dump_json(indent=2))
    print(response.trace.explain())


if __name__ == "__main__":
    main(sys.argv[1])
