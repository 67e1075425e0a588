"""Which files a configuration needs besides main.cf and master.cf."""

from collections.abc import Callable, Iterable, Iterator

from postlint.configuration.model import Configuration, ConfigurationFiles
from postlint.configuration.restrictions import RestrictionLists
from postlint.configuration.sites import postscreen_views
from postlint.configuration.tables import file_paths, is_table
from postlint.syntax.parse import split_list
from postlint.text import Source

# Besides access maps: the tables whose content decides a verdict.
_TABLE_PARAMETERS = ("mynetworks", "rbl_reply_maps", "postscreen_dnsbl_reply_map")


def with_tables(
    files: ConfigurationFiles, read: Callable[[str], Source | str], others: Iterable[str] = ()
) -> ConfigurationFiles:
    """The files with the sources of the lookup tables that matter, and those at the ``others`` paths.

    ``read``: gives the source that Postfix knows by a path, or why it cannot be read, as in "is not there".
    """
    lists = RestrictionLists(Configuration(files))
    paths = dict.fromkeys((*lists.table_paths, *_parameter_paths(lists), *others))
    return files._replace(tables={path: read(path) for path in paths})


def _parameter_paths(lists: RestrictionLists) -> Iterator[str]:
    configuration = lists.configuration
    for view in (configuration.main_view, *lists.smtpd_views, *postscreen_views(configuration)):
        for parameter in _TABLE_PARAMETERS:
            value = configuration.expanded(parameter, view)
            for word in split_list(value.text):
                name = value.slice(word.start, word.end)
                if is_table(name.text) and not name.text.startswith("["):
                    yield from file_paths(name)
