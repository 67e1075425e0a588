"""Where the reference model of the other tests and a real smtpd say different things."""

import re
from collections.abc import Iterator

from properties.configurations import LOOKUPS, Case, Words
from properties.reception import DEFAULT_RELAY_WORDS, Site
from properties.repairs import ARGUMENT_WORDS, OTHER_WORDS

from mail.envelopes import ZONES
from mail.serving import Served
from postlint.facts.restrictions import keywords

_UNKNOWN_WORDS = frozenset(keywords()) - ARGUMENT_WORDS - OTHER_WORDS
# What the model does not know either: lists that are not all asked in the end, and allowlists that answer.
_UNKNOWN = re.compile(
    r"\b(smtpd_delay_reject\s*=\s*no|permit_dnswl_client[,\s]+(?!list\.dnswl\.org)|"
    + "|".join(_UNKNOWN_WORDS)
    + r")\b",
    re.IGNORECASE,
)
# With these a refusal has another first digit, and so it has at level 0, where the recipient list comes first.
_OTHER_CODES = re.compile(r"_reject_code|_error_code")


def is_modelled(case: Case) -> bool:
    """Whether the model knows all words of the policy."""
    return not _UNKNOWN.search("\n".join((case.main, case.master or "", *(text for _, text in case.tables))))


def _is_served(lookup: Words) -> bool:
    """Whether the harness has a zone to ask. The model takes any word for one."""
    return len(lookup) < 2 or lookup[1].partition("=")[0].lower() in ZONES


def disagreements(case: Case, served: Served) -> Iterator[str]:
    """One line for each message."""
    site = Site(case, DEFAULT_RELAY_WORDS if "compatibility_level" in case.main else ())
    resolver = "refused" if case.target.platform == "aws" else "answered"
    digits = "compatibility_level" in case.main and not _OTHER_CODES.search(case.main)
    for place, found in served.items():
        if place.resolver != resolver or place.service not in site.services:
            continue
        service = site.services[place.service]
        if any(words[0].lower() in LOOKUPS and not _is_served(words) for words in service.every_element() if words):
            continue
        for envelope, reply in found.items():
            if envelope.message is None:
                continue
            answer = service.reply(envelope.message)
            code = str(reply.code)[0].replace("0", "4")
            same = answer.code == code if digits else (answer.code == "2") == (code == "2")
            if not same:
                yield f"{place} {envelope}: model {answer}, smtpd {reply.code} {reply.text}"
