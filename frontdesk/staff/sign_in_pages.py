"""Signing in and out, and choosing a password."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from frontdesk.staff import accounts, passwords
from frontdesk.staff.desk import Desk, see
from frontdesk.staff.gate import HOME, LOGIN, Change, Form, safe_way
from frontdesk.staff.second_factor import NoSecondFactor, WrongCode
from frontdesk.staff.sessions import COOKIE, Member, SignInRefused


def add_routes(router: APIRouter, desk: Desk) -> None:
    gate = desk.gate
    unready = Annotated[Member, Depends(gate.allow(stage="proved"))]
    any_member = Annotated[Member, Depends(gate.allow(stage="signed in"))]
    any_change = Annotated[Change, Depends(gate.change(stage="signed in"))]
    unready_change = Annotated[Change, Depends(gate.change(stage="proved"))]

    @router.get("/login")
    def login_page(request: Request, to: str = HOME) -> Response:
        if desk.sessions.member(request.cookies.get(COOKIE)) is not None:
            return see(safe_way(to))
        return _login(desk, request, to=to)

    @router.post("/login")
    def sign_in(request: Request, form: Annotated[Form, Depends(gate.form)]) -> Response:
        gate.check_login_token(request, form)
        to = safe_way(form.text("to"))
        try:
            token = desk.sessions.sign_in(form.text("login"), form.text("password"), *gate.visitor(request))
        except SignInRefused as refused:
            return _login(desk, request, to=to, refused=refused, login=form.text("login"))
        response = see(to)
        gate.give_cookie(response, token)
        return response

    @router.post("/logout")
    def sign_out(change: any_change) -> Response:
        desk.sessions.sign_out(change.member)
        response = see(f"{LOGIN}?{urlencode({'signed_out': '1'})}")
        gate.take_cookie(response)
        return response

    @router.get("/second-factor")
    def code_page(member: any_member, to: str = HOME) -> Response:
        if member.second_factor != "waiting":
            return see(safe_way(to))
        return _code(desk, member, to)

    @router.post("/second-factor")
    def give_code(change: any_change) -> Response:
        member, to = change.member, safe_way(change.form.text("to"))
        if member.second_factor != "waiting":
            return see(to)
        try:
            desk.sessions.give_second_factor(member, change.form.text("code")[:40], desk.keys)
        except SignInRefused as refused:
            return _code(desk, member, to, str(refused), 429, refused.retry_after)
        except (WrongCode, NoSecondFactor) as error:
            return _code(desk, member, to, str(error), 422)
        return see(to)

    @router.get("/password")
    def password_page(member: unready) -> Response:
        return _password(desk, member)

    @router.post("/password")
    def change_password(request: Request, change: unready_change) -> Response:
        member, form = change.member, change.form
        new = form.text("new")
        try:
            if new != form.text("again"):
                raise accounts.AccountError("The two new passwords are not the same.")
            # A stolen session must not be able to try passwords without end.
            desk.sessions.count_try(member.login, gate.address(request))
            accounts.change_password(
                desk.record,
                member.staff_id,
                current=form.text("current"),
                new=new,
                breaches=desk.settings.breached_passwords_file,
            )
            token = desk.sessions.reopen(
                member.staff_id, *gate.visitor(request), proved=member.second_factor == "given"
            )
        except SignInRefused as refused:
            return _password(desk, member, str(refused), 429, refused.retry_after)
        except (accounts.AccountError, passwords.UnfitPassword) as error:
            return _password(desk, member, str(error), 422)
        response = see(HOME, "password")
        gate.give_cookie(response, token)
        return response


def _login(
    desk: Desk,
    request: Request,
    *,
    to: str,
    refused: SignInRefused | None = None,
    login: str = "",
) -> Response:
    response = Response(media_type="text/html")
    csrf = desk.gate.login_token(request, response)
    wait = refused.retry_after if refused else None
    response.status_code = 200 if refused is None else 429 if wait else 401
    if wait:
        response.headers["Retry-After"] = str(wait)
    html = desk.pages.html(
        "login.html",
        csrf=csrf,
        to=safe_way(to),
        trouble=str(refused) if refused else None,
        signed_out="signed_out" in request.query_params,
        login=login[:64],
        provider=desk.settings.oidc_name if desk.settings.oidc_issuer else None,
    )
    response.body = html.encode()
    response.headers["Content-Length"] = str(len(response.body))
    return response


def _code(
    desk: Desk,
    member: Member,
    to: str,
    trouble: str | None = None,
    status: int = 200,
    retry_after: int | None = None,
) -> Response:
    headers = {"Retry-After": str(retry_after)} if retry_after else None
    return desk.pages.page(
        "second_factor.html",
        status=status,
        headers=headers,
        member=member,
        to=safe_way(to),
        trouble=trouble,
    )


def _password(
    desk: Desk, member: Member, trouble: str | None = None, status: int = 200, retry_after: int | None = None
) -> Response:
    headers = {"Retry-After": str(retry_after)} if retry_after else None
    return desk.pages.page(
        "password.html",
        status=status,
        headers=headers,
        member=member,
        trouble=trouble,
        shortest=passwords.SHORTEST,
    )
