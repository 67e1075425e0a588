"""What Spamhaus answers to the mail server, by where it runs and whom it asks."""

import pytest
from conftest import PROJECT

from postlint.configuration.model import ConfigurationFiles
from postlint.engine.lint import lint
from postlint.facts.platforms import Platform, PublicResolver, platforms, public_resolver
from postlint.facts.tables import toml_table
from postlint.policy.network import refused_by_spamhaus, unanswered_by_spamhaus
from postlint.rules.spamhaus_from_refused_network import spamhaus_from_refused_network
from postlint.target import Target
from postlint.text import Source

QUAD9, GOOGLE, UNKNOWN, OWN = "9.9.9.9", "8.8.8.8", "4.2.2.1", "192.0.2.53"


@pytest.mark.parametrize(
    ("platform", "resolvers", "refused", "unanswered"),
    [
        (None, (), None, None),
        ("gce", (), None, None),
        ("aws", (), "from AWS", None),
        ("aws", (OWN,), "from AWS", None),
        # A public resolver asks from its own network, wherever the mail server is.
        ("aws", (QUAD9,), "through Quad9's resolver 9.9.9.9", None),
        ("aws", (GOOGLE,), None, "through Google's resolver 8.8.8.8"),
        ("aws", (UNKNOWN,), "from AWS", None),
        (None, (UNKNOWN,), None, None),
        (None, (QUAD9, GOOGLE), "through Quad9's resolver 9.9.9.9", None),
        (None, (GOOGLE, "8.8.4.4"), None, "through Google's resolver 8.8.8.8"),
        (None, (GOOGLE, OWN), None, "through Google's resolver 8.8.8.8"),
        # The servers behind the first are asked when it does not answer.
        (None, (OWN, GOOGLE), None, None),
        (None, (OWN, QUAD9), "through Quad9's resolver 9.9.9.9 (when 192.0.2.53 does not answer)", None),
        (None, (GOOGLE, QUAD9), "through Quad9's resolver 9.9.9.9 (when 8.8.8.8 does not answer)", None),
        ("aws", (GOOGLE, OWN), "from AWS (when 8.8.8.8 does not answer)", None),
        ("aws", (GOOGLE, GOOGLE), None, "through Google's resolver 8.8.8.8"),
        (None, ("2606:4700:4700:0::1111",), "through Cloudflare's resolver 2606:4700:4700:0::1111", None),
    ],
)
def test_way_of_a_query(
    platform: str | None, resolvers: tuple[str, ...], refused: str | None, unanswered: str | None
) -> None:
    target = Target(platform=platform, resolvers=resolvers)
    assert (refused_by_spamhaus(target), unanswered_by_spamhaus(target)) == (refused, unanswered)


@pytest.mark.parametrize("platform", platforms().values(), ids=lambda platform: platform.name)
def test_platform_speaks_where_it_is_refused(platform: Platform) -> None:
    words = f"from {platform.title}" if platform.refused_by_spamhaus else None
    assert refused_by_spamhaus(Target(platform=platform.name)) == words


LOOKUPS = """\
smtpd_client_restrictions =
    reject_rbl_client zen.spamhaus.org
    reject_rbl_client sbl.spamhaus.org=127.0.0.[2..11]
    reject_rbl_client bl.spamcop.net=127.0.0.2
    reject_rbl_client abcdefghijklmnopqrstuvwxyz.zen.dq.spamhaus.net=127.0.0.[2..11]
    warn_if_reject reject_rbl_client zen.spamhaus.org=127.255.255.[1..255]
    warn_if_reject reject_rbl_client xbl.spamhaus.org=127.0.0.[4..7]
"""


def known_resolvers() -> list[PublicResolver]:
    found = (public_resolver(row["addresses"][0]) for row in toml_table("platforms")["resolver"])
    return [resolver for resolver in found if resolver is not None]


@pytest.mark.parametrize("resolver", known_resolvers(), ids=lambda resolver: resolver.operator)
def test_what_is_said_of_a_public_resolver(resolver: PublicResolver) -> None:
    """Of silence on each lookup, filtered or not, other than the one that waits for error codes."""
    address = resolver.addresses[0]
    files = ConfigurationFiles(Source("main.cf", LOOKUPS), None)
    found = lint(files, Target(resolvers=(address,)), rules=[spamhaus_from_refused_network]).diagnostics
    said = [(item.location.text.split(" ")[-1].split("=")[0], f"{item.severity}") for item in found]
    zones = ["zen.spamhaus.org", "sbl.spamhaus.org", "xbl.spamhaus.org"]
    assert (
        said
        == {
            "error-code": list(zip(zones, ["error", "info", "info"], strict=True)),
            "silence": [(zone, "info") for zone in zones],
            "unknown": [],
        }[resolver.spamhaus]
    )
    if resolver.spamhaus == "silence":
        assert {item.message for item in found} == {
            f"{zone} answers queries through {resolver.operator}'s resolver {address} as if nobody were listed: "
            "the lookup never lists anyone"
            for zone in zones
        }


def test_documents_name_the_resolvers_of_which_something_is_known() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    for resolver in known_resolvers():
        if resolver.spamhaus != "unknown":
            assert resolver.operator in spamhaus_from_refused_network.description
            assert resolver.operator in readme
