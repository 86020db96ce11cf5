"""What can go wrong, as seen by a user.

* HarnessError
  - ConfigError             an experiment, a protocol, an override or a parameter is wrong
  - UnknownNameError        nothing of that name is registered (with the nearest ones)
  - PluginError             a plugin exists but cannot be used
  - Unsupported             two plugins do not go together, and why
  - DataError               a data set is missing or damaged
  - DamagedFileError        a file of ours was cut short or overwritten
  - FolderInUseError        another process works in the results folder
  - ShadowedPackageError    another ``methods``/``analysis`` hides ours

A message says what was given, what was expected and what to do, in one line.
"""


class HarnessError(Exception):
    """Base of every error that the harness raises on purpose."""


class ConfigError(HarnessError):
    """An experiment, a protocol, an override or a parameter does not fit its schema."""


class UnknownNameError(HarnessError):
    """Nothing is registered under the requested name."""


class PluginError(HarnessError):
    """A plugin was found but cannot be used."""


class Unsupported(HarnessError):  # noqa: N818 - a statement about a combination, not a mistake
    """A method, space, task and evaluator do not go together; becomes a SKIPPED record."""


class DataError(HarnessError):
    """A data set is missing, incomplete or damaged."""


class DamagedFileError(HarnessError):
    """A file that the harness wrote cannot be read back."""


class FolderInUseError(HarnessError):
    """Another process holds the lock of a results folder."""


class ShadowedPackageError(HarnessError):
    """A foreign package has the name of one of ours and comes first on ``sys.path``."""
