"""The value that holds for each parameter, as written and expanded, and where it is written."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Literal, NamedTuple

from postlint.configuration.expansion import Expander, Expansion, RunTime
from postlint.configuration.model import Configuration, View
from postlint.facts import parameters
from postlint.facts.defaults import Defaults
from postlint.syntax.nodes import ServiceDefinition
from postlint.target import PostfixVersion
from postlint.text import Location, encode

Layer = Literal["default", "main.cf", "override"]
_RUN_TIME = RunTime()
_LOCAL_DOMAIN = "localdomain"


class Value(NamedTuple):
    """What holds for a parameter.

    ``text``: as written; None for a default that is computed when a program starts. ``location``: the name, where the
    value is written; None for a default.
    """

    name: str
    text: str | None
    expansion: Expansion
    layer: Layer
    location: Location | None


class ShownService(NamedTuple):
    """A service and its overrides, those that were asked for, by name."""

    definition: ServiceDefinition
    overrides: tuple[Value, ...]


class Shown(NamedTuple):
    """What `show` was asked for: values by name or in the order asked for, services in the order of master.cf."""

    main: tuple[Value, ...]
    services: tuple[ShownService, ...]

    @property
    def values(self) -> tuple[Value, ...]:
        """All values, the overrides too."""
        return (*self.main, *(value for service in self.services for value in service.overrides))


class EffectiveValues:
    """The values of a configuration under a release of Postfix, the newest when ``version`` is None.

    ``host``: the name of the mail server, which myhostname and mydomain default to; None: not known. ``known``:
    built-in defaults that are other than recorded, or computed, on the mail server.
    """

    def __init__(
        self,
        configuration: Configuration,
        version: PostfixVersion | None = None,
        host: str | None = None,
        known: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.configuration = configuration
        self.defaults = Defaults(version, ((service.name, service.command) for service in configuration.services))
        self._version = version
        self._host = host
        self._known = known
        self._expanders: dict[str | None, Expander] = {}
        self._values: dict[tuple[str | None, str], Value | None] = {}

    @cached_property
    def main_names(self) -> tuple[str, ...]:
        """The parameters that main.cf sets; an assignment to a read-only one is none."""
        return self._sorted(self.configuration.definitions)

    @cached_property
    def override_names(self) -> frozenset[str]:
        """The parameters that some service overrides."""
        views = self.configuration.service_views.values()
        return frozenset(name for view in views for name in self._sorted(view.overrides))

    def is_known(self, name: str) -> bool:
        """Whether the release has a parameter of this name, or the configuration sets one."""
        known = self.configuration.definitions, self.override_names, self.defaults.names
        return any(name in names for names in known)

    def shown(self, names: Iterable[str] = (), service: str | None = None, defaults: bool = False) -> Shown:
        """The values of ``names``, or of everything that is set; with ``defaults``, of everything there is.

        For the service called ``service``, ``smtp/inet``, as that one sees them. Without one, as main.cf alone sets
        them, and beside them the services with their overrides; with ``names``, those that override one of these.
        """
        wanted = tuple(dict.fromkeys(names))
        configuration = self.configuration
        view = configuration.service_views[service] if service is not None else configuration.main_view
        every = {*self.main_names, *self._sorted(view.overrides), *(self.defaults.names if defaults else ())}
        main = [self.value(name, view) for name in wanted or self._sorted(every, read_only=defaults)]
        services = [
            ShownService(other.service, tuple(self._overrides(other, wanted)))
            for other in (configuration.service_views.values() if service is None else (view,))
            if other.service is not None
        ]
        return Shown(
            tuple(value for value in main if value is not None),
            tuple(item for item in services if item.overrides or not wanted),
        )

    def value(self, name: str, view: View) -> Value | None:
        """What holds for ``name`` in a view; None when nothing does."""
        key = view.identity, name
        if key not in self._values:
            self._values[key] = self._value(name, view)
        return self._values[key]

    def _value(self, name: str, view: View) -> Value | None:
        setting = None if parameters.is_read_only(name) else self.configuration.setting(name, view)
        if setting is not None and setting.definition is not None:
            definition = setting.definition
            layer: Layer = "override" if definition.service else "main.cf"
            text = setting.value.text
            return Value(name, text, self._expansion(name, text, view), layer, definition.name_location)
        found = self._default(name, view)
        if found is None:
            return None
        if isinstance(found, RunTime):
            return Value(name, None, Expansion(f"${name}", frozenset({name})), "default", None)
        return Value(name, found, self._expansion(name, found, view), "default", None)

    def _overrides(self, view: View, wanted: tuple[str, ...]) -> Iterable[Value]:
        for name in wanted or self._sorted(view.overrides):
            if name in view.overrides:
                value = self.value(name, view)
                if value is not None and value.layer == "override":
                    yield value

    def _sorted(self, names: Iterable[str], read_only: bool = False) -> tuple[str, ...]:
        """In the order of postconf(1), with or without those that nobody can set."""
        return tuple(sorted((name for name in names if read_only or not parameters.is_read_only(name)), key=encode))

    def _expansion(self, name: str, text: str, view: View) -> Expansion:
        return Expansion(text) if parameters.is_raw(name) else self._expander(view).expand(text)

    def _expander(self, view: View) -> Expander:
        key = view.identity
        if key not in self._expanders:
            self._expanders[key] = Expander(lambda name: self._lookup(name, view), self._version)
        return self._expanders[key]

    def _lookup(self, name: str, view: View) -> str | RunTime | None:
        found = self._set_value(name, view)
        return self._default(name, view) if found is None else found

    def _set_value(self, name: str, view: View) -> str | None:
        setting = None if parameters.is_read_only(name) else self.configuration.setting(name, view)
        return setting.value.text if setting is not None and setting.definition is not None else None

    def _default(self, name: str, view: View) -> str | RunTime | None:
        """The built-in default; RunTime when it is computed out of what is not known."""
        if view.service is not None and name == "service_name":
            return view.service.name
        if view.service is not None and name == "process_name":
            return view.service.command.rstrip("/").rpartition("/")[2]
        if name in self._known:
            return self._known[name]
        if name == "myhostname":
            return self._default_host_name(view)
        if name == "mydomain":
            return self._default_domain(view)
        return _RUN_TIME if self.defaults.is_computed(name) else self.defaults.value(name)

    def _default_host_name(self, view: View) -> str | RunTime:
        """The host's name, made complete with mydomain (src/global/mail_params.c, check_myhostname)."""
        if self._host is None or "." in self._host:
            return self._host or _RUN_TIME
        domain = self._early_value("mydomain", view)
        return f"{self._host}.{_LOCAL_DOMAIN if domain is None else domain}"

    def _default_domain(self, view: View) -> str | RunTime:
        """myhostname without its first label (src/global/mail_params.c, check_mydomainname)."""
        name = self._early_value("myhostname", view)
        found = self._default_host_name(view) if name is None else name
        if isinstance(found, RunTime):
            return found
        _, dot, domain = found.partition(".")
        return domain if dot else _LOCAL_DOMAIN

    def _early_value(self, name: str, view: View) -> str | None:
        """The expanded value while no default is known yet; None when it is not set."""
        value = self._set_value(name, view)
        return None if value is None else Expander(lambda other: self._set_value(other, view)).expand(value).text
