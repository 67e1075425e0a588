"""Who refuses whom: whether Spamhaus answers the target's queries with an error code."""

from postlint.facts.platforms import platforms, public_resolver
from postlint.target import Target


def refused_by_spamhaus(target: Target) -> str | None:
    """What makes Spamhaus answer with an error code, as in "queries from AWS"; None when nothing is known to."""
    platform = platforms().get(target.platform or "")
    if platform is not None and platform.refused_by_spamhaus:
        return f"from {platform.title}"
    for address in target.resolvers:
        resolver = public_resolver(address)
        if resolver is not None and resolver.spamhaus == "error-code":
            return f"through {resolver.operator}'s resolver {address}"
    return None


def refused_networks() -> str:
    """The networks that Spamhaus refuses, as a list for a sentence."""
    titles = [platform.title for platform in platforms().values() if platform.refused_by_spamhaus]
    return ", ".join(titles[:-1]) + " and " + titles[-1]
