"""How many examples the properties are tried on: POSTLINT_EXAMPLES, else a few hundred."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "postlint",
    max_examples=int(os.environ.get("POSTLINT_EXAMPLES", "200")),
    deadline=None,
    # CI tries the same examples each time, so that a red run speaks of the change; `make long` looks for new ones.
    derandomize="CI" in os.environ,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("postlint")
