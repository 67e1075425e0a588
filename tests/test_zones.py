"""Which rule speaks about a DNSBL lookup, and how loudly: one defect, one finding."""

import pytest

from postlint.configuration.model import ConfigurationFiles
from postlint.engine.lint import lint
from postlint.rules import ALL
from postlint.target import Options, PostfixVersion, Target
from postlint.text import Source

ELSEWHERE, AWS = Target(platform="none"), Target(platform="aws")
GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
POSTSCREEN = "smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd\n"
DNSBL_RULES = [rule for rule in ALL if rule.category == "dnsbl"]

UNFILTERED, ALLOW = "dnsbl-without-reply-filter", "dnswl-without-reply-filter"
SPAMHAUS, ADMITS = "spamhaus-from-refused-network", "reply-filter-admits-error-code"
RETIRED, MISSPELT, KIND = "retired-dnsbl", "misspelt-dnsbl", "wrong-kind-of-dnsbl"
MALFORMED = "malformed-reply-filter"


def found(
    main: str, target: Target = ELSEWHERE, master: str | None = None, options: Options = Options()
) -> list[tuple[str, str, str]]:
    """Rule, severity and marked text of each finding of the DNSBL rules."""
    files = ConfigurationFiles(Source("main.cf", main), Source("master.cf", master) if master else None)
    diagnostics = lint(files, target, options, DNSBL_RULES).diagnostics
    return [(item.rule, str(item.severity), item.location.text) for item in diagnostics]


@pytest.mark.parametrize(
    ("lookup", "elsewhere", "on_aws"),
    [
        ("reject_rbl_client zen.spamhaus.org", [(UNFILTERED, "warning")], [(SPAMHAUS, "error")]),
        ("reject_rbl zen.spamhaus.org", [(UNFILTERED, "warning")], [(SPAMHAUS, "error")]),
        ("reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]", [], [(SPAMHAUS, "info")]),
        ("reject_rbl_client zen.spamhaus.org=127.0.0.[2..255]", [], [(SPAMHAUS, "info")]),
        ("reject_rbl_client zen.spamhaus.org=127.[0;255].[0;255].[2..254]", [(ADMITS, "warning")], [(ADMITS, "error")]),
        ("reject_rbl_client zen.spamhaus.org=127.255.255.254", [(ADMITS, "warning")], [(ADMITS, "error")]),
        ("reject_rbl_client zen.spamhaus.org=127.0.0.[2", [(MALFORMED, "error")], [(MALFORMED, "error")]),
        ("reject_rbl_client k.zen.dq.spamhaus.net", [(UNFILTERED, "warning")], [(UNFILTERED, "warning")]),
        ("reject_rbl_client dbl.spamhaus.org", [(KIND, "error")], [(SPAMHAUS, "error")]),
        ("reject_rbl_client dbl.spamhaus.org=127.0.1.[2..99]", [(KIND, "warning")], [(SPAMHAUS, "info")]),
        ("reject_rbl_client dbl.spamhaus.org=127.0.1.[2..255]", [(KIND, "error")], [(ADMITS, "warning")]),
        ("reject_rbl_client k.dbl.dq.spamhaus.net", [(KIND, "error")], [(KIND, "error")]),
        ("reject_rbl_client multi.uribl.com", [(KIND, "warning")], [(KIND, "warning")]),
        ("reject_rbl_client multi.surbl.org=127.0.0.1", [(KIND, "warning")], [(KIND, "warning")]),
        ("reject_rhsbl_sender multi.surbl.org=127.0.0.[1..254]", [(ADMITS, "warning")], [(ADMITS, "warning")]),
        ("reject_rhsbl_helo zen.spamhaus.org", [(KIND, "warning")], [(SPAMHAUS, "error")]),
        ("reject_rhsbl_client b.barracudacentral.org=127.0.0.2", [(KIND, "warning")], [(KIND, "warning")]),
        ("reject_rbl_client list.dnswl.org", [(KIND, "warning")], [(KIND, "warning")]),
        ("reject_rbl_client hostkarma.junkemailfilter.com", [(UNFILTERED, "warning")], [(UNFILTERED, "warning")]),
        ("reject_rbl_client dnsbl.sorbs.net", [(RETIRED, "warning")], [(RETIRED, "warning")]),
        ("reject_rbl_client relays.ordb.org", [(RETIRED, "error")], [(RETIRED, "error")]),
        ("reject_rbl_client relays.ordb.org=127.0.0.2", [(RETIRED, "warning")], [(RETIRED, "warning")]),
        ("reject_rbl_client rbl.spamhaus.org", [(RETIRED, "error")], [(RETIRED, "error")]),
        ("reject_rbl_client zen.spamhaus.og", [(MISSPELT, "error")], [(MISSPELT, "error")]),
        ("reject_rbl_client dnsbl.example.net", [(UNFILTERED, "info")], [(UNFILTERED, "info")]),
        ("permit_dnswl_client list.dnswl.org", [(ALLOW, "warning")], [(ALLOW, "warning")]),
        ("permit_dnswl_client list.dnswl.org=127.0.[0..255].3", [(ALLOW, "warning")], [(ALLOW, "warning")]),
        ("permit_dnswl_client list.dnswl.org=127.0.[0..255].[1..2]", [], []),
        ("permit_dnswl_client dnswl.inps.de", [(RETIRED, "warning")], [(RETIRED, "warning")]),
        ("permit_dnswl_client list.dnswl.or", [(MISSPELT, "error")], [(MISSPELT, "error")]),
        ("permit_dnswl_client zen.spamhaus.org", [(KIND, "warning")], [(KIND, "warning")]),
        ("permit_rhswl_client list.dnswl.org", [(KIND, "warning")], [(KIND, "warning")]),
        ("permit_rhswl_client hostkarma.junkemailfilter.com=127.0.0.1", [], []),
    ],
)
def test_one_rule_speaks_about_a_lookup(
    lookup: str, elsewhere: list[tuple[str, str]], on_aws: list[tuple[str, str]]
) -> None:
    main = f"{GUARD}smtpd_client_restrictions = permit_mynetworks, {lookup}\n"
    assert found(main) == [(rule, severity, lookup) for rule, severity in elsewhere]
    assert found(main, AWS) == [(rule, severity, lookup) for rule, severity in on_aws]


@pytest.mark.parametrize(
    ("site", "elsewhere", "on_aws"),
    [
        ("zen.spamhaus.org*3", [(UNFILTERED, "warning")], [(SPAMHAUS, "error")]),
        ("zen.spamhaus.org*2", [(UNFILTERED, "warning")], [(SPAMHAUS, "warning")]),
        ("zen.spamhaus.org=127.[0;255].[0;255].[2..254]*3", [(ADMITS, "warning")], [(ADMITS, "error")]),
        ("zen.spamhaus.org=127.[0;255].[0;255].[2..254]*2", [(ADMITS, "warning")], [(ADMITS, "warning")]),
        ("zen.spamhaus.org=127.255.255.[1..255]*0", [], []),
        ("dbl.spamhaus.org*3", [(KIND, "error")], [(SPAMHAUS, "error")]),
        ("dbl.spamhaus.org*2", [(KIND, "warning")], [(SPAMHAUS, "warning")]),
        ("bl.spamcannibal.org*3", [(RETIRED, "error")], [(RETIRED, "error")]),
        ("bl.spamcannibal.org*2", [(RETIRED, "warning")], [(RETIRED, "warning")]),
        ("zen.spamhaus.com*3", [(MISSPELT, "error")], [(MISSPELT, "error")]),
        ("list.dnswl.org*-3", [(ALLOW, "warning")], [(ALLOW, "warning")]),
        ("list.dnswl.org=127.0.[0..255].0*-3", [], []),
        ("list.dnswl.org*3", [(KIND, "warning")], [(KIND, "warning")]),
        ("psbl.surriel.com*-3", [(KIND, "warning")], [(KIND, "warning")]),
        ("psbl.surriel.com=127.0.0.2*-3", [], []),
        ("swl.spamhaus.org*-3", [(RETIRED, "warning")], [(RETIRED, "warning")]),
    ],
)
def test_one_rule_speaks_about_a_site(
    site: str, elsewhere: list[tuple[str, str]], on_aws: list[tuple[str, str]]
) -> None:
    main = (
        f"{GUARD}postscreen_dnsbl_action = enforce\npostscreen_dnsbl_threshold = 3\n"
        f"postscreen_dnsbl_sites = {site}, bl.spamcop.net=127.0.0.2*3\n"
    )
    assert found(main, master=POSTSCREEN) == [(rule, severity, site) for rule, severity in elsewhere]
    assert found(main, AWS, POSTSCREEN) == [(rule, severity, site) for rule, severity in on_aws]


def test_sites_that_send_errors_add_up_whether_a_filter_admits_them_or_is_missing() -> None:
    wide, bare = "zen.spamhaus.org=127.[0;255].[0;255].[2..254]*2", "sbl.spamhaus.org"
    main = (
        f"{GUARD}postscreen_dnsbl_action = enforce\npostscreen_dnsbl_threshold = 3\n"
        f"postscreen_dnsbl_sites = {wide} {bare} xbl.spamhaus.org=127.0.0.[4..7]\n"
    )
    expected = [(ADMITS, "error", wide), (SPAMHAUS, "error", bare)]
    assert found(main, AWS, POSTSCREEN)[:2] == expected


@pytest.mark.parametrize(
    "watch",
    [
        "warn_if_reject reject_rbl_client zen.spamhaus.org=127.255.255.[1..255]",
        "warn_if_reject reject_rbl_client k.zen.dq.spamhaus.net=127.255.255.[1..255]",
        "warn_if_reject reject_rhsbl_sender multi.uribl.com=127.0.0.1",
        "warn_if_reject reject_rbl_client list.dnswl.org=127.0.0.255",
    ],
)
def test_a_lookup_that_only_watches_for_errors_is_left_alone(watch: str) -> None:
    main = f"{GUARD}smtpd_client_restrictions = {watch}\n"
    assert found(main) == []
    assert found(main, AWS) == []


def test_zones_of_maps_rbl_domains_are_asked_by_each_service_that_has_the_restriction() -> None:
    main = GUARD + "maps_rbl_domains = relays.ordb.org\n"
    master = "smtp inet n - y - - smtpd\n587 inet n - y - - smtpd\n  -o smtpd_sender_restrictions=reject_maps_rbl\n"
    assert found(main, master=master) == [(RETIRED, "error", "relays.ordb.org")]
    assert found(main) == []


@pytest.mark.parametrize(("version", "count"), [((2, 5), 1), ((3, 8), 1), ((3, 9), 0), ((3, 11), 0)])
def test_zones_of_maps_rbl_domains_are_asked_before_3_9(version: tuple[int, int], count: int) -> None:
    main = GUARD + "maps_rbl_domains = relays.ordb.org\nsmtpd_client_restrictions = reject_maps_rbl\n"
    assert len(found(main, Target(PostfixVersion(*version), "none"))) == count


def test_a_weight_is_no_part_of_a_zone_of_maps_rbl_domains() -> None:
    main = GUARD + "maps_rbl_domains = relays.ordb.org*-2\nsmtpd_client_restrictions = reject_maps_rbl\n"
    assert found(main) == []


def test_a_template_is_no_unknown_list() -> None:
    assert found("postscreen_dnsbl_sites = <%= sites %>\n", master=POSTSCREEN) == []
