"""What each restriction can answer. Source: src/smtpd/smtpd_check.c of Postfix 3.7, postconf(5)."""

from postlint.configuration.elements import Restriction
from postlint.configuration.model import Configuration, View
from postlint.facts.restrictions import Keyword

# Refuse a recipient for which this host is no destination, whoever asks.
GUARDS = frozenset({"reject_unauth_destination", "defer_unauth_destination"})
# Refuse everything.
REFUSALS = frozenset({"reject", "defer"})
# What smtpd's start-up check accepts as protection against relaying (has_required).
START_CHECK = GUARDS | REFUSALS | {"defer_if_permit", "check_relay_domains"}

# Permits that a stranger cannot reach for a foreign recipient: they ask for a login, a certificate that is listed, an
# address of this host, or a recipient of this host; DNS allowlists apply to such recipients alone
# (permit_dnswl_addr).
STRANGER_PROOF_PERMITS = frozenset(
    {
        "permit_auth_destination",
        "permit_dnswl_client",
        "permit_inet_interfaces",
        "permit_rhswl_client",
        "permit_sasl_authenticated",
        "permit_tls_clientcerts",
    }
)
# What a client says its name is.
HELO_CHECKS = frozenset(
    {"reject_invalid_helo_hostname", "reject_non_fqdn_helo_hostname", "reject_unknown_helo_hostname"}
)
CLIENT_NAME_CHECKS = frozenset({"reject_unknown_client_hostname", "reject_unknown_reverse_client_hostname"})
# Their reply is a 4xx whatever happens, unless the parameter that sets the code says otherwise. Not here:
# reject_unknown_helo_hostname (501 for a malformed literal), reject_unknown_sender_domain (550 for a null MX).
_TEMPORARY_CHECKS = frozenset(
    {
        "reject_plaintext_session",
        "reject_unknown_client_hostname",
        "reject_unknown_reverse_client_hostname",
    }
)


def cannot_permit(known: Keyword) -> bool:
    """Whether smtpd never takes OK from this restriction: refusals, and the lookups whose OK it refuses with 451."""
    if known.effect in ("reject", "defer", "conditional", "neutral", "modifier"):
        return known.name != "check_relay_domains"
    return refuses_ok(known)


def refuses_ok(known: Keyword) -> bool:
    """Whether smtpd answers 451 where this access map says OK: its key comes out of the DNS of others
    (smtpd_check.c, forbid_allowlist).
    """
    return known.name.endswith(("_a_access", "_mx_access", "_ns_access")) or known.name == (
        "check_reverse_client_hostname_access"
    )


def is_helo_check(restriction: Restriction) -> bool:
    """Whether it looks at the syntax or the DNS records of a HELO name."""
    return restriction.known is not None and restriction.known.present_name in HELO_CHECKS


def answers_temporarily(known: Keyword, configuration: Configuration, view: View) -> bool:
    """Whether each refusal of this restriction is a 4xx reply as configured."""
    if known.present_name not in _TEMPORARY_CHECKS or known.code_parameter is None:
        return False
    code = configuration.plain(known.code_parameter, view)
    return code is not None and len(code) == 3 and code.startswith("4")
