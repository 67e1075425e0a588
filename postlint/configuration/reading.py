"""Which files a configuration needs besides main.cf and master.cf."""

from collections.abc import Callable, Iterable, Iterator

from postlint.configuration.match_lists import MatchLists
from postlint.configuration.model import Configuration, ConfigurationFiles
from postlint.configuration.restrictions import RestrictionLists
from postlint.configuration.sites import postscreen_views
from postlint.configuration.tables import file_paths, is_table
from postlint.syntax.parse import split_list
from postlint.text import Source

# Besides access maps: the tables whose content decides a verdict, in match lists and in others.
_TABLE_MATCH_LIST = "mynetworks"
_TABLE_PARAMETERS = ("rbl_reply_maps", "postscreen_dnsbl_reply_map")


def with_tables(
    files: ConfigurationFiles, read: Callable[[str], Source | str], others: Iterable[str] = ()
) -> ConfigurationFiles:
    """The files with the sources of the lookup tables that matter, the files in match lists, and those at the
    ``others`` paths.

    ``read``: gives the source that Postfix knows by a path, or why it cannot be read, as in "is not there".
    """
    lists = RestrictionLists(Configuration(files))
    found: dict[str, Source | str] = {}

    def source_of(path: str) -> Source | str:
        if path not in found:
            found[path] = read(path)
        return found[path]

    for path in (*lists.table_paths, *_parameter_paths(lists), *_match_list_paths(lists, source_of), *others):
        source_of(path)
    return files._replace(tables=found)


def _parameter_paths(lists: RestrictionLists) -> Iterator[str]:
    configuration = lists.configuration
    for view in (configuration.main_view, *lists.smtpd_views, *postscreen_views(configuration)):
        for parameter in _TABLE_PARAMETERS:
            value = configuration.expanded(parameter, view)
            for word in split_list(value.text):
                name = value.slice(word.start, word.end)
                if is_table(name.text):
                    yield from file_paths(name)


def _match_list_paths(lists: RestrictionLists, source_of: Callable[[str], Source | str]) -> Iterator[str]:
    """The tables in match lists whose content counts; their files are read on the way."""
    found = MatchLists(lists.configuration, source_of)
    for parameter, view in found.written():
        for item in found.items(parameter, view):
            if parameter == _TABLE_MATCH_LIST and item.is_table:
                yield from file_paths(item.pattern)
