"""Every error that the host raises on purpose, as a tree.

* ButlerError
  * ConfigError        a value in butler.toml, the environment or a setting is wrong
  * PluginError        a package cannot be loaded, or broke its contract
    * ContractError    a hook, command or declaration is not of the form that the host asks for
  * CommandError       what a person typed cannot be done; the text is shown to them
    * Denied           they may not
    * BadArgument      an argument is not what the command expects
  * StoreError         the store does not answer, is locked, full or read-only
  * PlatformError      a platform refused or failed
    * NotReady         it cannot be reached yet; tried again
    * RateLimited      told to wait, ``retry_after`` seconds
    * Unsupported      this platform cannot do that
    * Lost             what should be acted on is gone (deleted, left, expired)
    * Closed           the person takes no direct messages
  * WebError           a page or an API of the web does not give what was asked for
    * WebRefused       its address may not be reached
    * WebUnavailable   it is away, too slow, broke off or asks to wait; it may answer when asked again
  * ModelError         a model cannot answer this; the next one of the chain is asked
    * ModelUnavailable   its provider fails or is away; tried again
      * ModelThrottled   it asks to wait, ``retry_after`` seconds
    * ModelMisconfigured the key or the model's name is wrong; waiting does not help
    * PromptTooLong    the prompt does not fit into the model's window
    * ContentRefused   the provider refuses what it was asked
    * OverBudget       a budget would be overspent
"""

from __future__ import annotations


class ButlerError(Exception):
    """What went wrong, said so that whoever reads it knows what to do: ``remedy`` says that."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy

    def __str__(self) -> str:
        text = super().__str__()
        return f"{text}; {self.remedy}" if self.remedy else text


class ConfigError(ButlerError):
    """A value in butler.toml, in the environment or of a setting is wrong."""


class PluginError(ButlerError):
    """A plugin's package cannot be loaded or broke its contract."""


class ContractError(PluginError):
    """A hook, a command or a declaration is not of the form that the host asks for."""


class CommandError(ButlerError):
    """What a person asked for cannot be done. Raise it in a command: the text is shown to them."""


class Denied(CommandError):
    """The person may not do that."""


class BadArgument(CommandError):
    """An argument is not what the command expects."""


class StoreError(ButlerError):
    """The store does not answer, is locked, full or read-only."""


class PlatformError(ButlerError):
    """A platform refused or failed; trying the same again does not help."""


class NotReady(PlatformError):
    """The platform cannot be reached now; the host tries again."""


class RateLimited(NotReady):
    """The platform asks to wait ``retry_after`` seconds."""

    def __init__(self, message: str, *, retry_after: float, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after = retry_after


class Unsupported(PlatformError):
    """This platform cannot do that."""


class Lost(PlatformError):
    """What should be acted on is gone: deleted, left or expired."""


class WebError(ButlerError):
    """A page or an API of the web does not give what was asked for; a command that lets it pass has its text shown.

    ``status`` is what it said, 0: nothing.
    """

    def __init__(self, message: str, *, status: int = 0, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.status = status


class WebRefused(WebError):
    """The address may not be reached: it is private, of another kind, or not declared."""


class WebUnavailable(WebError):
    """It is away, too slow, broke off, failed, or asks to wait ``retry_after`` seconds (0: it does not say)."""

    def __init__(self, message: str, *, status: int = 0, retry_after: float = 0.0, remedy: str = "") -> None:
        super().__init__(message, status=status, remedy=remedy)
        self.retry_after = retry_after


class Closed(PlatformError):
    """The person takes no direct messages: an expected answer, no failure."""


class ModelError(ButlerError):
    """A model cannot answer this prompt; asking the same one again does not help."""


class ModelUnavailable(ModelError):
    """The provider is away, failed, broke off or sent garbage: it may answer when asked again."""


class ModelThrottled(ModelUnavailable):
    """The provider asks to wait ``retry_after`` seconds (0: it does not say how long)."""

    def __init__(self, message: str, *, retry_after: float = 0.0, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after = retry_after


class ModelMisconfigured(ModelError):
    """The key is refused, the model is not known there, the account is empty: somebody has to act."""


class PromptTooLong(ModelError):
    """The prompt does not fit into the model's window."""


class ContentRefused(ModelError):
    """The provider refuses to answer what it was asked."""


class OverBudget(ModelError):
    """The call would spend more than its budget holds; ``frees`` says when there is room again (seconds since 1970)."""

    def __init__(self, message: str, *, budget: str = "", frees: float = 0.0, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.budget = budget
        self.frees = frees
