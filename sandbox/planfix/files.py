"""Files of an account: upload, fetch from an address, get, download. Refuses internal addresses."""

from __future__ import annotations

import ipaddress
import mimetypes
import re
import socket
import time
import urllib.request
from email.message import Message
from functools import partial
from typing import IO
from urllib.parse import unquote, urlsplit

from sandbox.http.server import Reply
from sandbox.planfix.account import Account
from sandbox.planfix.comments import subject_for_writing
from sandbox.planfix.records import StoredFile
from sandbox.planfix.rest import EMPTY, Fields, Refusal, RestCall, Route, bad_value, shown, success
from sandbox.planfix.world import FileFromUrl

DOWNLOAD_TIMEOUT = 5.0
"""Seconds, for connecting and for each read."""
MAX_SIZE = 20 * 1024 * 1024
UNKNOWN_TYPE = "application/octet-stream"

OWN_DOMAINS = (".planfix.com", ".planfix.ru", ".planfix.ua")
OWN_PATHS = re.compile(r"(/a/[^/]+)?/(rest|files|account|_sandbox)(/.*)?")
"""The sandbox Ringostat answers on the same host, so only these paths count as Planfix's own."""

BOUNDARY = re.compile(r'boundary="?([^";]+)')
UPLOADED = re.compile(r'name="file"; filename="([^"]*)"')

FIELDS: Fields[StoredFile] = {
    "id": lambda _, file: file.id,
    "name": lambda _, file: file.name,
    "size": lambda _, file: file.size,
    "downloadUrl": lambda account, file: download_url(account, file),
    "link": lambda _, __: "",
}


def download_url(account: Account, file: StoredFile) -> str:
    """The download address. It needs no token: the key in it grants access."""
    return f"{account.url}/files/{file.id}/{file.key}"


def refuse_unsafe(account: Account, url: str) -> None:
    """Raises Refusal 41 for Planfix's own addresses, and for private ones unless the account allows them."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    unsafe = Refusal(400, 41, "Unsafe url for downloading file")
    if parts.scheme not in ("http", "https") or not host or f".{host}".endswith(OWN_DOMAINS):
        raise unsafe
    if parts.netloc == urlsplit(account.url).netloc and OWN_PATHS.fullmatch(parts.path):
        raise unsafe
    if not account.allows_private_hosts and any(not address.is_global for address in _addresses(host)):
        raise unsafe


def _addresses(host: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Refusal(400, 7001, "Rest API error upload file") from error
    return [ipaddress.ip_address(str(address[0]).partition("%")[0]) for *_, address in found]


class _CheckedRedirects(urllib.request.HTTPRedirectHandler):
    def __init__(self, account: Account) -> None:
        self.account = account

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> urllib.request.Request | None:
        refuse_unsafe(self.account, newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def _fetched(account: Account, url: str) -> tuple[bytes, str]:
    """Fetches content and content type. Raises Refusal 7001 on failure, 7002 when the file is too large."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _CheckedRedirects(account))
    try:
        with opener.open(url, timeout=DOWNLOAD_TIMEOUT) as response:
            content = response.read(MAX_SIZE + 1)
            content_type = response.headers.get_content_type()
    except (OSError, ValueError) as error:
        raise Refusal(400, 7001, "Rest API error upload file") from error
    if len(content) > MAX_SIZE:
        raise Refusal(400, 7002, "Rest API error")
    return content, content_type


def _from_url(call: RestCall) -> Reply:
    url, rule = call.body.text("url"), call.account.world.file_from_url
    refuse_unsafe(call.account, url)
    if rule is FileFromUrl.REFUSED:
        raise Refusal(400, 41, "Unsafe url for downloading file")
    content, content_type = _fetched(call.account, url)
    if rule is FileFromUrl.SLOW:
        time.sleep(call.account.slow_fetch)
    if rule is FileFromUrl.WRONG_TYPE:
        content_type = UNKNOWN_TYPE
    name = call.body.text("name") or unquote(urlsplit(url).path.rsplit("/", 1)[-1]) or "file"
    return success(id=call.account.add_file(name=name, content=content, content_type=content_type).id)


def _upload(call: RestCall) -> Reply:
    boundary = BOUNDARY.search(call.headers.get("content-type", ""))
    parts = call.raw.split(b"--" + boundary[1].encode()) if boundary else []
    for part in parts:
        head, _, content = part.partition(b"\r\n\r\n")
        # File names are plain UTF-8, which the e-mail parser does not read.
        if match := UPLOADED.search(head.decode("utf-8", "replace")):
            name = match[1]
            content_type = mimetypes.guess_type(name)[0] or UNKNOWN_TYPE
            file = call.account.add_file(name=name, content=content.removesuffix(b"\r\n"), content_type=content_type)
            return success(id=file.id)
    raise Refusal(400, 7001, "Rest API error upload file")


def _file_of(call: RestCall) -> StoredFile:
    file = call.account.files_by_id.get(call.ids[0])
    if file is None:
        raise Refusal(400, 7000, f"File not found by id {call.ids[0]}")
    return file


def _get(call: RestCall) -> Reply:
    return success(file=shown(call.account, _file_of(call), FIELDS, call.fields))


def _download(call: RestCall) -> Reply:
    return Reply(status=302, headers={"Location": download_url(call.account, _file_of(call))})


def _rename(call: RestCall) -> Reply:
    file = _file_of(call)
    file.name = call.body.text("name", file.name)
    return EMPTY


def _delete(call: RestCall) -> Reply:
    call.account.remove_file(_file_of(call))
    return EMPTY


def _attach(kind: str, call: RestCall) -> Reply:
    """Attaches the file to the contact or task itself, not to a comment."""
    file, number = _file_of(call), call.query.get("id", "")
    if not number.isdigit():
        raise bad_value("Invalid value of id")
    subject_for_writing(call.account, kind, int(number))
    holder = call.account.contacts_by_id[int(number)] if kind == "contact" else call.account.tasks_by_id[int(number)]
    holder.files.append(file)
    return success()


ROUTES = (
    Route(method="POST", path="/file/from-url", scope="file_add", operation=_from_url, locks=False),
    Route(method="POST", path="/file", scope="file_add", operation=_upload),
    Route(method="GET", path="/file/{}", scope="file_readonly", operation=_get),
    Route(method="POST", path="/file/{}", scope="file_add", operation=_rename),
    Route(method="DELETE", path="/file/{}", scope="file_delete", operation=_delete),
    Route(method="GET", path="/file/{}/download", scope="file_readonly", operation=_download),
    Route(method="POST", path="/file/{}/attach/contact", scope="file_add", operation=partial(_attach, "contact")),
    Route(method="POST", path="/file/{}/attach/task", scope="file_add", operation=partial(_attach, "task")),
)
