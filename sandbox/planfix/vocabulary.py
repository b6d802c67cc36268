"""Planfix's names of the telephony data tags, their fields and the task statuses, by account language."""

from __future__ import annotations

from dataclasses import dataclass

LINE, NUMBER, DATE, DATE_TIME, PERIOD, LIST, CONTACT, PERSON = 0, 1, 3, 5, 6, 8, 10, 13

UTM_FIELDS = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")

CALL_TYPES = (DATE, PERIOD, LIST, NUMBER, PERSON, PERSON, LINE, LINE, LINE)
"""Planfix fills the fields of "Call" by type and position, in the order of its help page on virtual PBXs."""
MISSED_CALL_TYPES = (DATE_TIME, LIST, CONTACT, LINE, LINE, LINE)


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    group: str
    call: str
    missed_call: str
    call_fields: tuple[str, ...]
    missed_call_fields: tuple[str, ...]
    directions: tuple[str, str]
    """Incoming, outgoing."""
    statuses: tuple[str, str, str, str]
    """New, in progress, completed, cancelled."""
    contact_template: str


VOCABULARIES = {
    "en": Vocabulary(
        group="Telephony",
        call="Call",
        missed_call="Missed call",
        call_fields=(
            "Date",
            "Time",
            "Type",
            "Duration (sec.)",
            "Employee",
            "Contact",
            "External line",
            "Contact phone",
            "External line name",
        ),
        missed_call_fields=(
            "Date and time",
            "Type",
            "Contact",
            "External line",
            "Contact phone",
            "External line name",
        ),
        directions=("Incoming", "Outgoing"),
        statuses=("New", "In progress", "Completed", "Cancelled"),
        contact_template="Client",
    ),
    "ru": Vocabulary(
        group="Телефония",
        call="Звонок",
        missed_call="Пропущенный звонок",
        call_fields=(
            "Дата",
            "Время",
            "Тип",
            "Продолжительность (сек.)",
            "Сотрудник",
            "Контакт",
            "Внешняя линия",
            "Номер контакта",
            "Название внешней линии",
        ),
        missed_call_fields=(
            "Дата и время",
            "Тип",
            "Контакт",
            "Внешняя линия",
            "Номер контакта",
            "Название внешней линии",
        ),
        directions=("Входящий", "Исходящий"),
        statuses=("Новая", "В работе", "Завершенная", "Отмененная"),
        contact_template="Клиент",
    ),
    "uk": Vocabulary(
        group="Телефонія",
        call="Дзвінок",
        missed_call="Пропущений дзвінок",
        call_fields=(
            "Дата",
            "Час",
            "Тип",
            "Тривалість (сек.)",
            "Співробітник",
            "Контакт",
            "Зовнішня лінія",
            "Номер контакту",
            "Назва зовнішньої лінії",
        ),
        missed_call_fields=(
            "Дата і час",
            "Тип",
            "Контакт",
            "Зовнішня лінія",
            "Номер контакту",
            "Назва зовнішньої лінії",
        ),
        directions=("Вхідний", "Вихідний"),
        statuses=("Нова", "В роботі", "Завершена", "Скасована"),
        contact_template="Клієнт",
    ),
    "pl": Vocabulary(
        group="Telefonia",
        call="Połączenie",
        missed_call="Nieodebrane połączenie",
        call_fields=(
            "Data",
            "Czas",
            "Typ",
            "Czas trwania (sek.)",
            "Pracownik",
            "Kontakt",
            "Linia zewnętrzna",
            "Telefon kontaktu",
            "Nazwa linii zewnętrznej",
        ),
        missed_call_fields=(
            "Data i czas",
            "Typ",
            "Kontakt",
            "Linia zewnętrzna",
            "Telefon kontaktu",
            "Nazwa linii zewnętrznej",
        ),
        directions=("Przychodzące", "Wychodzące"),
        statuses=("Nowe", "W toku", "Zakończone", "Anulowane"),
        contact_template="Klient",
    ),
}
