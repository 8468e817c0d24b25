"""The actions of events in the reader's language; the record keeps them in English."""

from flask_babel import lazy_gettext

from creditapp.identity.audit import Action

ACTION_NAMES = {
    Action.SIGNED_IN: lazy_gettext("signed in"),
    Action.SIGN_IN_FAILED: lazy_gettext("sign-in failed"),
    Action.SIGNED_OUT: lazy_gettext("signed out"),
    Action.SESSIONS_ENDED: lazy_gettext("sessions ended"),
    Action.CONFIRMATION_FAILED: lazy_gettext("confirmation failed"),
    Action.SECOND_FACTOR_SET_UP: lazy_gettext("second factor set up"),
    Action.SECOND_FACTOR_REMOVED: lazy_gettext("second factor removed"),
    Action.RECOVERY_CODE_USED: lazy_gettext("recovery code used"),
    Action.PERSON_ADDED: lazy_gettext("person added"),
    Action.ROLE_CHANGED: lazy_gettext("role changed"),
    Action.PERSON_DISABLED: lazy_gettext("person disabled"),
    Action.PERSON_ENABLED: lazy_gettext("person enabled"),
    Action.PASSWORD_CHANGED: lazy_gettext("password changed"),
    Action.KEY_ADDED: lazy_gettext("key added"),
    Action.KEY_REVOKED: lazy_gettext("key revoked"),
    Action.MODEL_PROMOTED: lazy_gettext("model promoted"),
    Action.CONDITIONS_OVERRIDDEN: lazy_gettext("conditions overridden"),
    Action.MODEL_DEPLOYED: lazy_gettext("model deployed"),
    Action.MODEL_REFUSED: lazy_gettext("model refused"),
    Action.CHALLENGER_CHANGED: lazy_gettext("challenger changed"),
    Action.POLICY_CHANGED: lazy_gettext("policy changed"),
    Action.CHANGE_PROPOSED: lazy_gettext("change proposed"),
    Action.PROPOSAL_APPROVED: lazy_gettext("proposal approved"),
    Action.PROPOSAL_REJECTED: lazy_gettext("proposal rejected"),
    Action.PROPOSAL_WITHDRAWN: lazy_gettext("proposal withdrawn"),
    Action.WITHOUT_SECOND_PERSON: lazy_gettext("changed without a second person"),
    Action.DECISION_REVIEWED: lazy_gettext("decision reviewed"),
    Action.OUTCOME_RECORDED: lazy_gettext("outcome recorded"),
    Action.DATA_READ: lazy_gettext("data read"),
    Action.DATA_EXPORTED: lazy_gettext("data exported"),
    Action.DATA_ERASED: lazy_gettext("data erased"),
    Action.DATA_EXPIRED: lazy_gettext("data expired"),
    Action.ACCESS_REFUSED: lazy_gettext("access refused"),
}
