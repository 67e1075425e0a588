"""Configurations in which the repair that comes to mind refuses mail, relays for strangers or stops smtpd.

Nothing is safe to do there, whatever rule speaks of them. What happened on real smtpd is said beside each.
"""

from safe_fix_rows import CLIENT, GUARD, NO_RELAY_LIST, RECIPIENT, RELAY, Files

_ENTRY = "smtp inet n - n - - smtpd\nsubmission inet n - n - - smtpd\n"
_ZONES = "maps_rbl_domains = dnsbl.example.net, dnsbl.example.org\n"

# (what the repair would do, the files)
TRAPS: tuple[tuple[str, Files], ...] = (
    (
        "one warn_if_reject for all zones of reject_maps_rbl: in front of the first zone alone, the second refuses",
        {"main.cf": f"{GUARD}{_ZONES}{CLIENT} = warn_if_reject reject_maps_rbl\n"},
    ),
    (
        "a service without zones: zones written into the list of main.cf refuse there, too",
        {
            "main.cf": f"{GUARD}{_ZONES}{CLIENT} = reject_maps_rbl\n",
            "master.cf": f"{_ENTRY}  -o maps_rbl_domains=\n",
        },
    ),
    (
        "permit_naked_ip_address deleted: what it let pass is refused",
        {"main.cf": f"{GUARD}smtpd_helo_restrictions = permit_naked_ip_address, reject\nsmtpd_helo_required = yes\n"},
    ),
    (
        "a guard that a class' permit hides, deleted: smtpd does not start",
        {
            "main.cf": f"{NO_RELAY_LIST}smtpd_restriction_classes = open\nopen = permit\n"
            f"{RECIPIENT} = open, reject_unauth_destination\n"
        },
    ),
    (
        "a guard that a table's OK hides, deleted: smtpd does not start",
        {"main.cf": f"{NO_RELAY_LIST}{RECIPIENT} = check_client_access static:OK, reject_unauth_destination\n"},
    ),
    (
        "a proxy: table behind a permit, deleted: it was what let a class use the table, and smtpd does not start",
        {
            "main.cf": f"{GUARD}smtpd_restriction_classes = own\n"
            "own = check_client_access proxy:texthash:/etc/postfix/clients\n"
            f"{RECIPIENT} = own, permit, check_client_access proxy:texthash:/etc/postfix/clients\n"
        },
    ),
    (
        "the second of two guards deleted, where the first is only warned about: strangers relay",
        {
            "main.cf": f"{RELAY} = warn_if_reject reject_unauth_destination, permit_mynetworks, "
            "reject_unauth_destination\n"
        },
    ),
    (
        "the second of two policy services deleted: each of them counts and adds headers",
        {
            "main.cf": f"{RELAY} = reject_unauth_destination\n"
            f"{RECIPIENT} = check_policy_service unix:private/policy, check_policy_service unix:private/policy\n"
        },
    ),
    (
        "two of three equal postscreen sites deleted: their weights add up",
        {
            "main.cf": f"{GUARD}postscreen_dnsbl_action = enforce\npostscreen_dnsbl_threshold = 3\n"
            "postscreen_dnsbl_sites = dnsbl.example.net=127.0.0.2, dnsbl.example.net=127.0.0.2, "
            "dnsbl.example.net=127.0.0.2\n",
            "master.cf": "smtp inet n - n - 1 postscreen\nsmtpd pass - - n - - smtpd\n",
        },
    ),
    (
        "blanks taken out of a policy service's value of several words: smtpd does not start",
        {
            "main.cf": f"{GUARD}{RECIPIENT} = check_policy_service "
            "{ unix:private/policy, default_action = 451 4.3.5 down }\n"
        },
    ),
    (
        "brackets around ::/0 in mynetworks: everybody on IPv6 relays",
        {"main.cf": f"mynetworks = 127.0.0.0/8, ::/0\n{GUARD}"},
    ),
    (
        "process_name deleted while a value uses it: the value changes",
        {"main.cf": f"{GUARD}process_name = foo\nsmtpd_banner = $myhostname $process_name\n"},
    ),
    (
        "smtpd_enforce_tls renamed in main.cf, its override forgotten: the service demands TLS",
        {"main.cf": f"{GUARD}smtpd_enforce_tls = yes\n", "master.cf": f"{_ENTRY}  -o smtpd_enforce_tls=no\n"},
    ),
    (
        "smtpd_use_tls renamed in main.cf: a service that enforces TLS by the old name no longer does",
        {"main.cf": f"{GUARD}smtpd_use_tls = yes\n", "master.cf": f"{_ENTRY}  -o smtpd_enforce_tls=yes\n"},
    ),
    (
        "an old name deleted because the new one is set, to nothing: the old one was in force",
        {"main.cf": f"{GUARD}smtpd_enforce_tls = yes\nsmtpd_tls_security_level =\n"},
    ),
    (
        "smtp_enforce_tls renamed to the level encrypt: it means verify",
        {"main.cf": f"{GUARD}smtp_enforce_tls = yes\n"},
    ),
    (
        "a guard for a main.cf that sets no list and no compatibility_level: which default it has is not known",
        {"main.cf": "myhostname = mx.example.com\n"},
    ),
)
