"""Reads all settings from the environment. .env.example explains each one. The defaults suit a laptop."""

from __future__ import annotations

import os
import sys
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import environ
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from ringofix.embedded_postgres.server import DATABASE, ROLE, socket_folder
from ringofix.local_keys import local_encryption_key, local_secret_key
from ringofix.logs import configure_logs

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()
if (BASE_DIR / ".env").exists():
    env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
HTTPS = PUBLIC_URL.startswith("https://")

# --- database: PostgreSQL, the embedded one without DATABASE_URL ---

EMBEDDED_POSTGRES = Path(env.str("EMBEDDED_POSTGRES", default=str(VAR_DIR / "postgres")))
POOL_SIZE = env.int("DATABASE_POOL_SIZE", default=16)

DATABASES: dict[str, dict[str, Any]]
if env.str("DATABASE_URL", default=""):
    DATABASES = {"default": env.db("DATABASE_URL") | {"ENGINE": "ringofix.postgres"}}
    # A socket folder is written %2Fvar%2Frun%2Fpostgresql in a URL.
    DATABASES["default"]["HOST"] = unquote(DATABASES["default"]["HOST"])
else:
    DATABASES = {
        "default": {
            "ENGINE": "ringofix.embedded_postgres",
            "NAME": DATABASE,
            "USER": ROLE,
            "HOST": str(socket_folder(EMBEDDED_POSTGRES)),
        }
    }
# Django itself prepares no statements. Our own statements with prepare=True are prepared at once, whatever this is.
DATABASES["default"].setdefault("OPTIONS", {})["prepare_threshold"] = 5
if POOL_SIZE:
    # A delivery returns its connection while it waits for Planfix, so 64 customers can share these few.
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": POOL_SIZE, "timeout": 10}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = None
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"]["OPTIONS"]["connect_timeout"] = 10
# The longest that one statement may take. Commands, such as migrations, have no limit.
_ROLE = "worker" if sys.argv[1:2] == ["worker"] else os.getenv("RINGOFIX_ROLE", "")
STATEMENT_SECONDS = {
    "web": env.float("WEB_STATEMENT_SECONDS", default=30),
    "worker": env.float("WORKER_STATEMENT_SECONDS", default=600),
}.get(_ROLE, 0)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- secrets ---


def _secret(name: str, local: str | None) -> str:
    """Reads a secret from the environment. Only a laptop (without DATABASE_URL) gets a generated one, kept in var/."""
    value: str = env.str(name, default="")
    if value:
        return value
    if local is None:
        raise ImproperlyConfigured(f"{name} is not set. It is required when DATABASE_URL is set; see .env.example.")
    return local


_is_laptop = not env.str("DATABASE_URL", default="")
SECRET_KEY = _secret("SECRET_KEY", local_secret_key(VAR_DIR) if _is_laptop else None)
ENCRYPTION_KEYS = [
    key.strip()
    for key in _secret("ENCRYPTION_KEYS", local_encryption_key(VAR_DIR) if _is_laptop else None).split(",")
    if key.strip()
]

# --- incoming requests ---

TRUSTED_PROXIES = [ip_network(word) for word in env.list("TRUSTED_PROXIES", default=["127.0.0.0/8", "::1/128"])]
WEBHOOK_ALLOWED_NETWORKS = [ip_network(word) for word in env.list("WEBHOOK_ALLOWED_NETWORKS", default=[])]
WEBHOOKS_PER_MINUTE = env.int("WEBHOOKS_PER_MINUTE", default=300)
WEBHOOKS_TIMES_USUAL = env.float("WEBHOOKS_TIMES_USUAL", default=20)
NEW_CONTACTS_PER_HOUR = env.int("NEW_CONTACTS_PER_HOUR", default=500)
NEW_CONTACTS_TIMES_USUAL = env.float("NEW_CONTACTS_TIMES_USUAL", default=5)
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=120)
EXPORT_STREAM_ROWS = env.int("EXPORT_STREAM_ROWS", default=10_000)
EXPORT_HOURS = env.int("EXPORT_HOURS", default=24)
# Limits of forms. The webhook reads its body itself, with its own limit.
DATA_UPLOAD_MAX_MEMORY_SIZE = FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000  # The forms of a customer with many employees are long.
DATA_UPLOAD_MAX_NUMBER_FILES = 1

# --- outgoing requests ---

ALLOW_PRIVATE_HOSTS = env.bool("ALLOW_PRIVATE_HOSTS", default=False)
RINGOSTAT_API_URL = env.str("RINGOSTAT_API_URL", default="https://api.ringostat.net")
PLANFIX_PATIENCE_SECONDS = env.float("PLANFIX_PATIENCE_SECONDS", default=15.0)
DIRECTORY_DAILY_PERCENT = env.float("DIRECTORY_DAILY_PERCENT", default=5.0)
FIRST_RETRY_SECONDS = env.float("FIRST_RETRY_SECONDS", default=15.0)

# --- e-mail: alerts ---

globals().update(env.email("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="ringofix@localhost")
ALERT_EMAILS = env.list("ALERT_EMAILS", default=[])
ALERT_AFTER_MINUTES = env.int("ALERT_AFTER_MINUTES", default=30)

# --- applications ---

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "ringofix.console.site.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_filters",
    "django_htmx",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "procrastinate.contrib.django",
    "integrations",
    # The sandbox of Planfix and Ringostat, for the demo, tests and benchmarks. The installed product contains none.
    *(["sandbox"] if (BASE_DIR / "sandbox").is_dir() else []),
]

MIDDLEWARE = [
    "ringofix.request_ids.name_requests",
    "ringofix.machines.machine_addresses",
    "django.middleware.security.SecurityMiddleware",
    "ringofix.headers.permissions_policy",
    "ringofix.headers.no_store",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "ringofix.request.refuse_nul",
    "django.contrib.messages.middleware.MessageMiddleware",
    "integrations.users.audit.audit_origins",
    "integrations.users.sessions.middleware.IdleSessions",
    "integrations.users.known_device.device_cookies",
    "integrations.users.second_factor.middleware.SecondFactorGuard",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "ringofix.urls"
WSGI_APPLICATION = "ringofix.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

LOGIN_URL = "calllog:login"
LOGIN_REDIRECT_URL = "home"
PASSWORD_RULES = {
    "UserAttributeSimilarityValidator": {},
    "MinimumLengthValidator": {"min_length": 12},
    "CommonPasswordValidator": {},
}
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in PASSWORD_RULES.items()
] + [{"NAME": "integrations.users.credentials.RevokeOnPasswordChange"}]
REQUIRE_SECOND_FACTOR = env.bool("REQUIRE_SECOND_FACTOR", default=False)

REST_FRAMEWORK = {
    # The webhook needs none of these: its token is its authentication, and it reads its body raw. The API sets its own.
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_PARSER_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    # Without a list, drf-spectacular 0.30 copies any `?version=` into a header of the schema.
    "ALLOWED_VERSIONS": ["1"],
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Ringofix",
    "VERSION": "1",
    "DESCRIPTION": _("Reads calls and where they stand on their way to Planfix. A token shows what its user may see."),
    "SERVERS": [{"url": PUBLIC_URL}],
    "SERVE_INCLUDE_SCHEMA": False,
    "PREPROCESSING_HOOKS": ["integrations.api.views.api_endpoints_only"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
}

# --- languages and time ---

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("pl", _("Polish")), ("uk", _("Ukrainian")), ("ru", _("Russian"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
# Pages use the browser's language until the user chooses another one, which a cookie keeps.
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SECURE, LANGUAGE_COOKIE_HTTPONLY, LANGUAGE_COOKIE_SAMESITE = HTTPS, True, "Lax"
USE_TZ = True
TIME_ZONE = "UTC"

# --- static files ---

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Serves static files from the installed packages, so that a clone needs no collectstatic step.
WHITENOISE_USE_FINDERS = True

# --- security ---

INLINE_STYLES = [
    "'sha256-OHsF909iAdk4dEtD76IUolFZXQtpwZ6LOsnYuPUt9DA='",  # unfold's colours
    "'sha256-bsV5JivYxvGywDAZ22EZJKBFip65Ng9xoJVLbBg7bdo='",  # htmx's indicator
]
"""The hashes of the style sheets that unfold and htmx write into pages. A change of COLORS below or an upgrade changes
them; tests/browser/test_policy.py then reports the new ones.
"""

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
if HTTPS:
    # Browsers accept a cookie with such a name only from this exact host, and only over TLS.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
SESSION_ENGINE = "integrations.users.sessions.store"
SESSION_COOKIE_AGE = 12 * 3600
IDLE_MINUTES = env.int("IDLE_MINUTES", default=120)
VIEWER_IDLE_MINUTES = env.int("VIEWER_IDLE_MINUTES", default=720)
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=HTTPS)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "ringofix.errors.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        # Pages contain no inline scripts, but Alpine, which unfold uses, compiles its attributes to functions.
        "script-src": [SELF, UNSAFE_EVAL],
        "style-src-elem": [SELF, *INLINE_STYLES],
        "style-src-attr": [UNSAFE_INLINE],  # Alpine and charts set widths.
        "img-src": [SELF, "data:"],
        "media-src": [SELF, "blob:"],  # The player fetches a recording once, to draw and play it (player.js).
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- jobs, logs, the console's appearance ---

PROCRASTINATE_IMPORT_PATHS = ["integrations.tasks"]

LOGGING_CONFIG = None
LOG_FORMAT = env.str("LOG_FORMAT", default="console")
configure_logs(LOG_FORMAT)


UNFOLD = {
    "SITE_TITLE": "Ringofix",
    "SITE_HEADER": "Ringofix",
    "SITE_SUBHEADER": _("Ringostat calls in Planfix"),
    "SITE_SYMBOL": "phone_in_talk",
    "SITE_URL": None,  # Hides the link "View site": the menu has all pages.
    "SHOW_HISTORY": True,
    "SHOW_LANGUAGES": True,
    "ACCOUNT": {
        "navigation": [
            {"title": _("Your account"), "link": reverse_lazy("account:account")},
        ]
    },
    "LOGIN": {"form": "integrations.users.login.ConsoleLoginForm"},
    "COLORS": {"primary": {"500": "oklch(71.4% .203 305.504)"}},  # Light enough for links on dark pages (WCAG AA).
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("ringofix/icon.svg")}],
    "STYLES": [lambda request: static("ringofix/site.css")],
    "SCRIPTS": [lambda request: static("ringofix/site.js")],
    "DASHBOARD_CALLBACK": "integrations.admin.monitoring.dashboard.dashboard",
    "SIDEBAR": {
        "show_search": False,  # The search box of templates/admin/base_site.html finds more.
        "show_all_applications": False,
        "navigation": "integrations.admin.menu.navigation",
    },
}
