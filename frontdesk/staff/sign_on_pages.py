"""Coming in by single sign-on, and by an invitation."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import RedirectResponse

from frontdesk.staff import audit, invitations, passwords
from frontdesk.staff.accounts import AccountError
from frontdesk.staff.desk import SEE_OTHER, Desk, see
from frontdesk.staff.gate import HOME, Form, Refused, safe_way
from frontdesk.staff.invitations import InvitationOver, Links
from frontdesk.staff.sessions import SignInRefused
from frontdesk.staff.single_sign_on import COOKIE, COOKIE_PATH, SignOnFailed, SingleSignOn, account_of

InvitationToken = Annotated[str, Path(max_length=200)]


def add_routes(router: APIRouter, desk: Desk) -> None:
    _add_single_sign_on(router, desk, SingleSignOn(desk.settings))
    _add_invitation(router, desk, Links(desk.settings.secret_key, desk.settings.base_url))


def _add_single_sign_on(router: APIRouter, desk: Desk, provider: SingleSignOn) -> None:
    gate = desk.gate

    @router.get("/single-sign-on")
    def depart(request: Request, to: str = HOME) -> Response:
        if not provider.configured:
            raise Refused(404, "Not set up", "Single sign-on is not set up here. Use login and password.")
        try:
            desk.sessions.count_address(gate.address(request))
            departure = provider.depart(safe_way(to))
        except (SignOnFailed, SignInRefused) as error:
            return _failed(desk, error)
        response = RedirectResponse(departure.address, SEE_OTHER)
        # Not "strict": the browser comes back from another site.
        response.set_cookie(
            COOKIE,
            departure.note,
            path=COOKIE_PATH,
            httponly=True,
            samesite="lax",
            secure=gate.secure,
            max_age=600,
        )
        return response

    @router.get("/single-sign-on/callback")
    def arrive(request: Request) -> Response:
        if not provider.configured:
            raise Refused(404, "Not set up", "Single sign-on is not set up here. Use login and password.")
        try:
            desk.sessions.count_address(gate.address(request))
            person, to = provider.arrive(request.cookies.get(COOKIE, ""), dict(request.query_params))
            with desk.record.transaction() as session:
                staff = account_of(session, person)
                audit.note(session, staff.login, "session.single_sign_on", staff.id, strong=person.strong)
            token = desk.sessions.reopen(staff.id, *gate.visitor(request), proved=person.strong)
        except (SignOnFailed, SignInRefused, InvitationOver, AccountError) as error:
            with desk.record.transaction() as session:
                audit.note(session, "unknown", "session.refused", address=gate.address(request), by="sso")
            return _failed(desk, error)
        # A redirect would still belong to the provider's site, and the strict cookie would stay behind: the
        # page goes on by itself instead.
        response = desk.pages.page("arrived.html", to=safe_way(to))
        gate.give_cookie(response, token)
        response.delete_cookie(COOKIE, path=COOKIE_PATH, httponly=True, samesite="lax", secure=gate.secure)
        return response


def _failed(desk: Desk, error: Exception) -> Response:
    wait = error.retry_after if isinstance(error, SignInRefused) else None
    response = desk.refusal_page(429 if wait else 403, "Not signed in", str(error), back="/staff/login")
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


def _add_invitation(router: APIRouter, desk: Desk, links: Links) -> None:
    gate = desk.gate

    @router.get("/invitation/{token}")
    def invitation_page(request: Request, token: InvitationToken) -> Response:
        return _invitation(desk, links, request, token)

    @router.post("/invitation/{token}")
    def accept(
        request: Request, token: InvitationToken, form: Annotated[Form, Depends(gate.form)]
    ) -> Response:
        gate.check_login_token(request, form)
        try:
            desk.sessions.count_address(gate.address(request))
            if form.text("new") != form.text("again"):
                raise AccountError("The two passwords are not the same.")
            staff = invitations.accept(
                desk.record,
                links.read(token),
                login=form.text("login")[:64],
                password=form.text("new"),
                breaches=desk.settings.breached_passwords_file,
            )
        except InvitationOver as over:
            raise Refused(404, "Over", str(over)) from None
        except SignInRefused as refused:
            return _failed(desk, refused)
        except (AccountError, passwords.UnfitPassword) as error:
            return _invitation(desk, links, request, token, str(error), form.text("login")[:64])
        response = see(HOME, "welcome")
        gate.give_cookie(response, desk.sessions.reopen(staff.id, *gate.visitor(request), proved=False))
        return response


def _invitation(
    desk: Desk,
    links: Links,
    request: Request,
    token: str,
    trouble: str | None = None,
    login: str | None = None,
) -> Response:
    try:
        with desk.record.reading() as session:
            found = invitations.open_one(session, links.read(token))
    except InvitationOver as over:
        raise Refused(404, "Over", str(over)) from None
    response = Response()
    csrf = desk.gate.login_token(request, response)
    page = desk.pages.page(
        "invitation.html",
        status=422 if trouble else 200,
        csrf=csrf,
        token=token,
        invitation=found,
        login=found.email.partition("@")[0] if login is None else login,
        trouble=trouble,
        shortest=passwords.SHORTEST,
        provider=desk.settings.oidc_name if desk.settings.oidc_issuer else None,
        sign_on=f"/staff/single-sign-on?{urlencode({'to': HOME})}",
    )
    for name, value in response.raw_headers:
        if name == b"set-cookie":
            page.raw_headers.append((name, value))
    return page
