"""Why a person decided as they did, as a short code besides their own words."""

from enum import StrEnum

from creditapp.phrases import marked


class ReviewReason(StrEnum):
    """The main reason of a review; it can be counted, and it names nothing about the applicant."""

    DOCUMENTS = "documents"
    EXISTING_RELATION = "existing_relation"
    SECURITY = "security"
    AFFORDABILITY = "affordability"
    IDENTITY = "identity"
    DATA_WRONG = "data_wrong"
    POLICY_EXCEPTION = "policy_exception"
    OTHER = "other"

    @property
    def text(self) -> str:
        """It in words, to be translated."""
        return TEXTS[self]


TEXTS = {
    ReviewReason.DOCUMENTS: marked("income or documents checked"),
    ReviewReason.EXISTING_RELATION: marked("known customer"),
    ReviewReason.SECURITY: marked("security or guarantor"),
    ReviewReason.AFFORDABILITY: marked("affordability"),
    ReviewReason.IDENTITY: marked("identity or a document in doubt"),
    ReviewReason.DATA_WRONG: marked("an answer was wrong"),
    ReviewReason.POLICY_EXCEPTION: marked("exception to the policy"),
    ReviewReason.OTHER: marked("another reason"),
}

NOT_STATED = marked("not stated")
"""The words for a review that was made before reasons had codes."""


def in_words(code: str | None) -> str:
    """The words of a code, to be translated; a code of a later version stays as it is."""
    if code is None:
        return NOT_STATED
    return ReviewReason(code).text if code in list(ReviewReason) else code
