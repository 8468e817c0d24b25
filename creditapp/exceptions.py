"""What can go wrong, named once; `error_handlers` says how each is answered."""


class CreditappError(Exception):
    """The base of all expected failures; its text is fit to be shown."""


class InvalidSetting(CreditappError):
    """A setting that the application cannot start with."""


class NotStrictJson(CreditappError):
    """A body that is not JSON in the strict sense of RFC 8259."""


class InvalidApplication(CreditappError):
    """An application, or rows of a batch, that break the catalogue's rules.

    `errors` is `{field: [message]}` for one application and `[{"index", "errors"}]` for a batch.
    """

    def __init__(self, message: str, errors: object) -> None:
        super().__init__(message)
        self.errors = errors


class BatchTooLarge(CreditappError):
    """More applications in one request than the setting allows."""


class BadTable(CreditappError):
    """A table that cannot be read as applications; the message names the row and the column."""


class FileRunFailed(CreditappError):
    """A file that was not scored to its end; what is done is kept, and the same command goes on."""


class BrokenBundle(CreditappError):
    """A served bundle that is incomplete, altered, or does not score as it did when it was made."""


class RefusedModel(CreditappError):
    """A registered model version that must not be served."""


class BadPolicy(CreditappError):
    """A credit policy that cannot be put in force; the message says what is wrong in it."""


class RegistryUnavailable(CreditappError):
    """The model registry did not answer."""


class ChangeUnderWay(CreditappError):
    """Somebody else is changing what is served."""


class ModelUnavailable(CreditappError):
    """This process has no model to score with."""


class DecisionLogUnavailable(CreditappError):
    """Decisions cannot be written, so none may be given."""


class UnknownDecision(CreditappError):
    """No decision has this id, or none that whoever asks may know of: both are said alike."""

    def __init__(self, decision_id: str) -> None:
        super().__init__(f"no decision has the id {decision_id[:64]}")


class PolicyChanged(CreditappError):
    """A policy that was to be replaced is not in force any more."""


class NoNotice(CreditappError):
    """A decision that no letter can be written about."""


class BadReview(CreditappError):
    """A review that decides nothing, or gives no reason."""


class ReviewedMeanwhile(CreditappError):
    """A review by somebody who did not know of another one."""


class NothingToChange(CreditappError):
    """A decision that no other answers would make better."""


class CannotReplay(CreditappError):
    """A stored decision that cannot be scored again."""


class BadAccount(CreditappError):
    """A person or a key that cannot be made or changed as asked."""


class NotSignedIn(CreditappError):
    """Nobody is known to be asking, or what they showed is worth nothing."""


class NotAllowed(CreditappError):
    """Whoever asks is known, and may not do this."""


class DeploymentFailed(CreditappError):
    """The database did not take a deployment."""


class BackupFailed(CreditappError):
    """The database could not be copied, or a copy could not be brought back."""


class LimitReached(CreditappError):
    """A client has used up its allowance; `seconds` says when it has some again."""

    def __init__(self, limit: str, seconds: int) -> None:
        super().__init__(limit)
        self.seconds = seconds
