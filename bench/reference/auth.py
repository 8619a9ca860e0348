"""Who asks: the program's own tokens, and the session and version that the database knows now."""

import base64
import hashlib
import hmac
import os
from typing import Annotated

import jwt
from fastapi import Depends, HTTPException, Request
from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.engine import make_url

from tables import Session, User

_url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg", query={})
# Prepared statements are planned once. Parallel helpers and compiled plans cost more than such small answers.
engine = create_async_engine(
    _url,
    pool_size=10,
    max_overflow=0,
    connect_args={"ssl": False, "server_settings": {"jit": "off", "max_parallel_workers_per_gather": "0", "plan_cache_mode": "force_generic_plan"}},
)


def _derive(key: bytes, purpose: str) -> bytes:
    return hmac.new(key, b"tickerwire " + purpose.encode(), hashlib.sha256).digest()


_secret = os.environ["TOKEN_SECRET"].encode()
_access = _derive(_secret, "access")
_key_id = hashlib.sha256(_access).hexdigest()[:8]
_cursor = _derive(_derive(_secret, "sessions"), "cursor")

MAY_READ = {"user", "operator", "admin"}

_session_user = (
    select(User.id, User.role, User.ver)
    .join(Session, Session.user_id == User.id)
    .where(Session.id == bindparam("sid"), Session.revoked_at.is_(None), Session.expires_at > func.now(), User.active)
)


async def reader(request: Request):
    """Yields the connection of a request whose sender may read; one for all that the request asks."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        raise HTTPException(401, "sign in first")
    try:
        if jwt.get_unverified_header(token).get("kid") != _key_id:
            raise jwt.InvalidTokenError
        claims = jwt.decode(
            token, _access, algorithms=["HS256"], audience="api", issuer="tickerwire", options={"require": ["exp"]}
        )
    except jwt.InvalidTokenError:
        raise HTTPException(401, "the token is not valid") from None
    async with engine.connect() as connection:
        user = (await connection.execute(_session_user, {"sid": claims["sid"]})).one_or_none()
        if user is None or str(user.id) != claims["sub"] or user.ver != claims["ver"]:
            raise HTTPException(401, "the token was revoked")
        if user.role not in MAY_READ:
            raise HTTPException(403, "this needs the scope read")
        yield connection


Reader = Annotated[AsyncConnection, Depends(reader)]


def cursor(path: str, filters: str, at_micros: int, row_id: int) -> str:
    """The next_cursor behind an item: as the program makes it."""
    head = b"\x01" + at_micros.to_bytes(8) + row_id.to_bytes(8)
    seal = hmac.new(_cursor, f"{path}?{filters}\n".encode() + head, hashlib.sha256).digest()[:12]
    return base64.urlsafe_b64encode(head + seal).rstrip(b"=").decode()
