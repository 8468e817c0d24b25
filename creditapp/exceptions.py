"""The expected failures, each with the HTTP status and title it is answered with.

The text of an exception is shown to users: it says what is wrong, where, and what to do. It is a template,
marked for translation, and its values. `str(error)` is English, for commands and logs; the web translates
`error.phrase`.
"""

from collections.abc import Sequence

from creditapp.phrases import Phrase, Verbatim, marked


class CreditappError(Exception):
    """The base of all expected failures."""

    status = 500
    title = marked("Internal error")
    type = "about:blank"
    """What a problem document has as its `type`: https://www.rfc-editor.org/rfc/rfc9457#section-3.1.1"""
    retry_after = 0
    """After how many seconds it may be tried again; 0 where a retry changes nothing."""
    phrase: object
    """The text that is translated when it is shown."""

    def __init__(self, message: object = "", **values: object) -> None:
        """Take a marked text, or a template with values; values that are plain texts stay as they are."""
        kept = {name: _as_value(value) for name, value in values.items()}
        self.phrase = Phrase(str(message), kept) if kept else message
        super().__init__(str(self.phrase))

    @property
    def members(self) -> dict[str, object]:
        """What a problem document has besides the usual members."""
        return {}


def _as_value(value: object) -> object:
    if isinstance(value, CreditappError):
        return value.phrase
    return Verbatim(value) if type(value) is str else value


class BadRequest(CreditappError):
    """A request that cannot be read."""

    status = 400
    title = marked("Bad request")


class NotSignedIn(CreditappError):
    """A request without valid credentials."""

    status = 401
    title = marked("Not signed in")


class NotAllowed(CreditappError):
    """A request by somebody who may not make it."""

    status = 403
    title = marked("Not allowed")


class NotConfirmed(NotAllowed):
    """A change that needs a fresh proof of who makes it."""


class SamePerson(NotAllowed):
    """A step that needs another person than the one who made the step before."""


class NeedsSecondPerson(CreditappError):
    """A change by a command that nobody else approves, where two people must agree."""


class SecondFactorMissing(NotAllowed):
    """A person whose role needs a second factor, and who has none yet."""


class NotFound(CreditappError):
    """A thing that does not exist, or that the caller may not know of."""

    status = 404
    title = marked("Not found")


class Conflict(CreditappError):
    """A request that does not fit the present state."""

    status = 409
    title = marked("Conflict")


class Gone(CreditappError):
    """A thing that was there and was erased."""

    status = 410
    title = marked("Gone")


class TooLarge(CreditappError):
    """A request that exceeds a size limit."""

    status = 413
    title = marked("Too large")


class InvalidInput(CreditappError):
    """Readable input that breaks a rule."""

    status = 422
    title = marked("Invalid input")


class LimitReached(CreditappError):
    """A client used up its rate limit; it may try again after `seconds`."""

    status = 429
    title = marked("Too many requests")

    def __init__(self, limit: str, seconds: int) -> None:
        super().__init__(marked("The limit is %(limit)s."), limit=limit)
        self.seconds = seconds


class Unavailable(CreditappError):
    """Something the service needs does not work at the moment; a retry may succeed."""

    status = 503
    title = marked("Not available")
    retry_after = 5


class InvalidSetting(CreditappError):
    """A setting that the service cannot start with."""


class NotStrictJson(BadRequest):
    """A body that is not JSON in the strict sense of RFC 8259."""


class InvalidFields(InvalidInput):
    """Input whose wrong parts are named in `errors`."""

    def __init__(self, message: object, errors: object, **values: object) -> None:
        super().__init__(message, **values)
        self.errors = errors

    @property
    def members(self) -> dict[str, object]:
        """The errors."""
        return {"errors": self.errors}


class InvalidApplication(InvalidFields):
    """An application, or rows of a batch, that break the catalogue's rules.

    `errors` is `{field: [message]}` for one application and `[{"index", "errors"}]` for a batch.
    """


class BadQuery(InvalidFields):
    """Parameters of an address that are not valid; `errors` is `{parameter: [message]}`."""


class SignInFailed(BadRequest):
    """A sign-in with the identity provider that did not succeed."""


class TooManyObjects(TooLarge):
    """A body with more objects or keys than the largest batch has; it was not parsed."""


class BatchTooLarge(TooLarge):
    """More applications in one request than `CREDITAPP_MAX_BATCH` allows."""


class BadCatalogue(InvalidInput):
    """The document of a portfolio that breaks the rules of its format; one fault a line."""


class BadUpload(InvalidInput):
    """A file that is not taken, or not in this state; the message is a phrase."""


class StorageFull(CreditappError):
    """There is no room on the disk for a file."""

    status = 507
    title = marked("No room on the disk")


class UploadsUnavailable(Unavailable):
    """The folder for uploaded files cannot be used."""


class UploadGone(NotFound):
    """An uploaded file that was deleted while it was scored."""


class UnknownUpload(NotFound):
    """There is no such uploaded file, or the caller may not see it."""


class BadTable(CreditappError):
    """A table that cannot be read as applications; the message names the row and the column."""


class NoRows(BadTable):
    """A table with column names and without rows."""


class FileRunFailed(CreditappError):
    """A file run that stopped early; finished parts are kept, and the same command continues it."""


class BrokenBundle(Unavailable):
    """A bundle that is incomplete, was altered, or does not reproduce its golden scores."""


class RefusedModel(Conflict):
    """A registered model version that must not be served."""


class BadPolicy(InvalidInput):
    """A policy that cannot be put in force."""


class PolicyChanged(Conflict):
    """The policy to be replaced is no longer in force."""


class RegistryUnavailable(Unavailable):
    """The model registry does not answer."""


class WorkerBusy(Unavailable):
    """A worker that reads as many large requests as it may; nothing was done."""


class ChangeUnderWay(Unavailable):
    """Another change of the served model is under way."""


class ProviderUnavailable(Unavailable):
    """The identity provider does not answer, or not as it should."""


class ModelUnavailable(Unavailable):
    """This process has no model to score with."""


class DatabaseUnavailable(Unavailable):
    """The database cannot be read or written; nothing was written."""


class RowsRefused(DatabaseUnavailable):
    """The database refused the rows themselves, by a constraint or a trigger; nothing was written."""


class OutcomeUnknown(DatabaseUnavailable):
    """The connection broke during the commit: the rows may be written or not.

    `decision_ids` are those of the decisions that may be recorded.
    """

    type = "/problems/outcome-unknown"

    def __init__(self, message: object, decision_ids: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.decision_ids = decision_ids

    @property
    def members(self) -> dict[str, object]:
        """The id of a single decision, or the ids of several."""
        if len(self.decision_ids) == 1:
            return {"decision_id": self.decision_ids[0]}
        return {"decision_ids": list(self.decision_ids)} if self.decision_ids else {}


class BadKey(BadRequest):
    """An Idempotency-Key that cannot be one."""


class KeyReused(InvalidInput):
    """An Idempotency-Key that was used for another request."""


class RequestUnderWay(Conflict):
    """The first request with this Idempotency-Key is not answered yet."""

    retry_after = 2


class AnswerErased(Gone):
    """The kept answer to this request was erased."""


class AnsweredMeanwhile(CreditappError):
    """The same request was answered while this one was scored; its answer is to be read."""


class UnknownDecision(NotFound):
    """No decision has this id, or the caller may not read it: both get the same answer."""

    def __init__(self, decision_id: str) -> None:
        super().__init__(marked("no decision has the id %(id)s"), id=decision_id[:64])


class UnknownProposal(NotFound):
    """There is no proposal with this number."""


class UnknownVersion(NotFound):
    """The registry has no such version of the model."""

    def __init__(self, version: str) -> None:
        super().__init__(marked("no version %(version)s is registered"), version=version[:20])


class NoNotice(Conflict):
    """A decision that has no notice to the applicant."""


class BadReview(InvalidInput):
    """A review without an outcome or without a reason."""


class AlreadyReviewed(Conflict):
    """A review by somebody who had not seen the newest review."""


class TakenByAnother(Conflict):
    """A case that another person has taken; nothing was recorded."""


class NotWaiting(Conflict):
    """A case that is taken, released or escalated, and does not wait for a person."""


class BadNote(InvalidInput):
    """A note on a case that is empty or too long, or that would stay after an erasure."""


class BadView(InvalidInput):
    """A view of the list that cannot be saved."""


class ExportRefused(Unavailable):
    """An export that cannot be made at the moment; nothing was exported."""


class WrongOutcomes(InvalidFields):
    """Reported outcomes that break the rules; `errors` is `{field: [message]}`, or a list by index."""


class UnfitOutcomes(InvalidFields):
    """Reported outcomes that do not fit what is on record; `errors` is `{index: {field: [phrase]}}`."""

    status = Conflict.status
    title = Conflict.title


class NothingToChange(Conflict):
    """A decision that has no alternatives."""


class CannotCorrect(Conflict):
    """A decision that cannot be scored again with other answers."""


class CannotReplay(Conflict):
    """A stored decision that cannot be scored again."""


class BadProposal(InvalidInput):
    """A proposal, or a verdict on one, that is not complete."""


class ProposalClosed(Conflict):
    """A proposal that was approved, rejected or withdrawn already."""


class BadAccount(CreditappError):
    """A person or an API key that cannot be created or changed as asked."""


class MigrationStopped(CreditappError):
    """A migration that would have held up the service for too long; nothing was changed."""


class DataWouldBeLost(CreditappError):
    """A migration to take back that holds data; nothing was changed."""


class BackupFailed(CreditappError):
    """The database could not be backed up or restored."""


class BadErasure(CreditappError):
    """Personal data that cannot be erased as asked; nothing was erased."""


class UnnamedDecisions(CreditappError):
    """A command that does not say about which decisions it is."""


class BadExport(CreditappError):
    """An export that cannot be written as asked; no file was left behind."""


class BadSealKey(CreditappError):
    """A key for seals that is missing, cannot be read, or must not be overwritten."""


class BadHeads(CreditappError):
    """Heads kept elsewhere that cannot be read or written."""


class NotSealed(CreditappError):
    """A row that is in no block yet."""


class SealingRefused(CreditappError):
    """A block that must not be made: another sealer made one, or the heads kept elsewhere do not fit."""
