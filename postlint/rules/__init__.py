"""The rules, one file each. ALL is the only list of them."""

from postlint.rules.allowlist_table_refused import allowlist_table_refused
from postlint.rules.bad_expansion import bad_expansion
from postlint.rules.bad_service_field import bad_service_field
from postlint.rules.bad_value import bad_value
from postlint.rules.base import Rule
from postlint.rules.check_before_local_permit import check_before_local_permit
from postlint.rules.circular_restriction_class import circular_restriction_class
from postlint.rules.client_name_check_without_lookup import client_name_check_without_lookup
from postlint.rules.deprecated_parameter import deprecated_parameter
from postlint.rules.dnsbl_without_reply_filter import dnsbl_without_reply_filter
from postlint.rules.dnswl_without_reply_filter import dnswl_without_reply_filter
from postlint.rules.dqs_key_exposed import dqs_key_exposed
from postlint.rules.dqs_key_placeholder import dqs_key_placeholder
from postlint.rules.duplicate_parameter import duplicate_parameter
from postlint.rules.duplicate_service import duplicate_service
from postlint.rules.duplicate_table_key import duplicate_table_key
from postlint.rules.helo_check_on_submission import helo_check_on_submission
from postlint.rules.helo_restrictions_without_helo_required import helo_restrictions_without_helo_required
from postlint.rules.ignored_first_line import ignored_first_line
from postlint.rules.inline_comment import inline_comment
from postlint.rules.malformed_reply_filter import malformed_reply_filter
from postlint.rules.match_list_colon import match_list_colon
from postlint.rules.missing_equals_sign import missing_equals_sign
from postlint.rules.misspelt_dnsbl import misspelt_dnsbl
from postlint.rules.override_of_unread_parameter import override_of_unread_parameter
from postlint.rules.override_under_comment import override_under_comment
from postlint.rules.parameter_too_new import parameter_too_new
from postlint.rules.read_only_parameter import read_only_parameter
from postlint.rules.reply_filter_admits_error_code import reply_filter_admits_error_code
from postlint.rules.reply_map_key_without_filter import reply_map_key_without_filter
from postlint.rules.retired_dnsbl import retired_dnsbl
from postlint.rules.spaced_override import spaced_override
from postlint.rules.spamhaus_from_refused_network import spamhaus_from_refused_network
from postlint.rules.stray_character import stray_character
from postlint.rules.swallowed_parameter import swallowed_parameter
from postlint.rules.unconfirmed_client_name_rejected import unconfirmed_client_name_rejected
from postlint.rules.undeclared_restriction_class import undeclared_restriction_class
from postlint.rules.undefined_name import undefined_name
from postlint.rules.unknown_helo_rejected import unknown_helo_rejected
from postlint.rules.unknown_parameter import unknown_parameter
from postlint.rules.unknown_restriction import unknown_restriction
from postlint.rules.unknown_suppression import unknown_suppression
from postlint.rules.unreachable_postscreen_threshold import unreachable_postscreen_threshold
from postlint.rules.unread_table import unread_table
from postlint.rules.unused_suppression import unused_suppression
from postlint.rules.unverified_sender_rejected import unverified_sender_rejected
from postlint.rules.wrong_kind_of_dnsbl import wrong_kind_of_dnsbl

ALL: tuple[Rule, ...] = (
    allowlist_table_refused,
    bad_expansion,
    bad_service_field,
    bad_value,
    check_before_local_permit,
    circular_restriction_class,
    client_name_check_without_lookup,
    deprecated_parameter,
    dnsbl_without_reply_filter,
    dnswl_without_reply_filter,
    dqs_key_exposed,
    dqs_key_placeholder,
    duplicate_parameter,
    duplicate_service,
    duplicate_table_key,
    helo_check_on_submission,
    helo_restrictions_without_helo_required,
    ignored_first_line,
    inline_comment,
    malformed_reply_filter,
    match_list_colon,
    missing_equals_sign,
    misspelt_dnsbl,
    override_of_unread_parameter,
    override_under_comment,
    parameter_too_new,
    read_only_parameter,
    reply_filter_admits_error_code,
    reply_map_key_without_filter,
    retired_dnsbl,
    spaced_override,
    spamhaus_from_refused_network,
    stray_character,
    swallowed_parameter,
    unconfirmed_client_name_rejected,
    undeclared_restriction_class,
    undefined_name,
    unknown_helo_rejected,
    unknown_parameter,
    unknown_restriction,
    unknown_suppression,
    unreachable_postscreen_threshold,
    unread_table,
    unused_suppression,
    unverified_sender_rejected,
    wrong_kind_of_dnsbl,
)
