"""Stores the files that background jobs make, until they expire. The database holds them in pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from integrations.models import BackgroundJob, JobFile, JobFilePiece
from integrations.services.queue.progress import CannotBeDone

PIECE_BYTES = 256 * 1024
MAX_FILE_BYTES = 200 * 1024 * 1024
FILE_LIFETIME = timedelta(hours=settings.EXPORT_HOURS)


class FileGone(Exception):
    """The file was deleted while it was read."""


def store_file(
    job: BackgroundJob,
    *,
    user: User,
    name: str,
    content_type: str,
    customer_ids: list[int] | None,
    chunks: Iterable[bytes],
) -> JobFile:
    """Stores the chunks as the job's file. Replaces the file of an earlier run of the job.

    Raises CannotBeDone when the file is too large, or when the erasure of a number deletes it meanwhile.
    """
    JobFile.objects.filter(job=job).delete()
    file = JobFile.objects.create(
        job=job,
        user=user,
        name=name,
        content_type=content_type,
        customer_ids=customer_ids,
        expires_at=Now() + FILE_LIFETIME,
        size=0,
        is_ready=False,
    )
    size = 0
    for number, piece in enumerate(_pieces(chunks)):
        size += len(piece)
        if size > MAX_FILE_BYTES:
            file.delete()
            text = _("The file would be larger than %(most)s MB. Narrow the filter.")
            raise CannotBeDone(text % {"most": MAX_FILE_BYTES // 1024 // 1024})
        _store_piece(file, number, piece)
    ready = {"size": size, "is_ready": True, "expires_at": Now() + FILE_LIFETIME}
    if not JobFile.objects.filter(pk=file.pk).update(**ready):
        raise _deleted_meanwhile()
    return file


def pieces_of(file: JobFile) -> Iterator[bytes]:
    """Yields the file's pieces, one query each. Raises FileGone."""
    for number in range(-(-file.size // PIECE_BYTES)):
        piece = JobFilePiece.objects.filter(file=file, number=number).values_list("data", flat=True).first()
        if piece is None:
            raise FileGone
        yield bytes(piece)


def delete_expired_files() -> None:
    JobFile.objects.filter(expires_at__lt=Now()).delete()


def delete_files_about(customer_id: int) -> None:
    """Deletes every file that may hold data of the customer. A job that is making such a file then fails."""
    JobFile.objects.filter(Q(customer_ids=None) | Q(customer_ids__contains=[customer_id])).delete()


def _store_piece(file: JobFile, number: int, piece: bytes) -> None:
    if not JobFile.objects.filter(pk=file.pk).exists():
        raise _deleted_meanwhile()
    try:
        JobFilePiece.objects.create(file=file, number=number, data=piece)
    except IntegrityError as error:
        raise _deleted_meanwhile() from error


def _deleted_meanwhile() -> CannotBeDone:
    return CannotBeDone(_("Data was erased while the file was made. Export again."))


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yields the same bytes in pieces of PIECE_BYTES."""
    buffer = bytearray()
    for chunk in chunks:
        buffer += chunk
        while len(buffer) >= PIECE_BYTES:
            yield bytes(buffer[:PIECE_BYTES])
            del buffer[:PIECE_BYTES]
    if buffer:
        yield bytes(buffer)
