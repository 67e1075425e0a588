"""What the trials of policies have run, at the end of the run: the sums of what they record."""

import pytest

_COUNTED = ("policies", "envelopes", "sessions", "compared with the model", "seconds")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    sums = dict.fromkeys(_COUNTED, 0.0)
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name in _COUNTED and isinstance(value, int | float):
                sums[name] += value
    if any(sums.values()):
        terminalreporter.write_line("real smtpd: " + ", ".join(f"{sums[name]:.0f} {name}" for name in _COUNTED))
