"""What letters about accounts say, in the language of whoever gets them."""

from __future__ import annotations

from flask import current_app, url_for
from flask_babel import force_locale, gettext

from core.i18n import LOCALES
from core.mail import Letter


def invitation(language: str | None, code: str) -> Letter:
    with force_locale(_locale(language)):
        return Letter(
            gettext("Your account in Pingyou"),
            gettext(
                "You have an account in Pingyou, where you find your scorecards, attendance and"
                " training.\n\nChoose your password within 7 days, here:\n%(link)s\n\n"
                "The link works once. Do not pass it on.\n",
                link=_link(code),
            ),
        )


def reset(language: str | None, code: str) -> Letter:
    with force_locale(_locale(language)):
        return Letter(
            gettext("A new password for Pingyou"),
            gettext(
                "Somebody, probably you, asked for a new password for Pingyou. Choose one within"
                " an hour, here:\n%(link)s\n\nThe link works once. If it was not you, do nothing:"
                " your password stays as it is.\n",
                link=_link(code),
            ),
        )


def code_was_issued(language: str | None, issuer: str) -> Letter:
    with force_locale(_locale(language)):
        return Letter(
            gettext("Somebody issued a code for your account in Pingyou"),
            gettext(
                "%(issuer)s issued a one-time code with which a new password can be chosen for"
                " your account in Pingyou.\n\nIf you did not ask for that, tell HR at once.\n",
                issuer=issuer,
            ),
        )


def confirm_address(language: str | None, code: str) -> Letter:
    with force_locale(_locale(language)):
        path: str = url_for("accounts.email_by_link", code=code)
        return Letter(
            gettext("Confirm your address for Pingyou"),
            gettext(
                "Somebody, probably you, wants to use this address for their account in Pingyou."
                " Confirm it within a day, here; you are asked to sign in:\n%(link)s\n\n"
                "If it was not you, do nothing.\n",
                link=f"{current_app.config['SITE_URL']}{path}",
            ),
        )


def address_was_changed(language: str | None, address: str) -> Letter:
    with force_locale(_locale(language)):
        return Letter(
            gettext("Your address in Pingyou was changed"),
            gettext(
                "Letters for your account in Pingyou go to %(address)s from now on, and no longer"
                " here.\n\nIf it was not you who changed that, tell HR at once.\n",
                address=address,
            ),
        )


def _locale(language: str | None) -> str:
    return LOCALES.get(language or "") or LOCALES[current_app.config["LANGUAGE"]]


def _link(code: str) -> str:
    """An address of the site that the settings name; what a request says does not matter."""
    path: str = url_for("accounts.by_link", code=code)
    return f"{current_app.config['SITE_URL']}{path}"
