"""Calls of libraries that reach out of the process, as data: what they do, and whether doing it twice does it twice.

Sources: the references of the libraries, in the version current in November 2026 (Django 5.2 `django.core.mail` and
`django.core.cache`; requests 2.32; httpx 0.28; aiohttp 3.11; urllib3 2; boto3 1.35; stripe 11; braintree 4; slack_sdk
3; twilio 9; firebase-admin 6; channels 4; redis-py 5; kafka-python 2; confluent-kafka 2; Flask-Mail 0.10; anymail 12;
sendgrid 6; post_office 3). Methods of HTTP: RFC 9110 section 9.2.2, which says that PUT and DELETE are idempotent.
"""

from __future__ import annotations

from jobcheck.values import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """The methods of what a package offers that do one thing. `package` is a prefix of the full name, up to a dot."""

    package: str
    methods: frozenset[str]
    kind: str
    doubles: bool = True


def _row(package: str, methods: str, kind: str, doubles: bool = True) -> Row:
    return Row(package, frozenset(methods.split()), kind, doubles)


_HTTP = (
    "requests", "httpx", "aiohttp", "urllib3", "niquests", "curl_cffi", "requests_oauthlib", "authlib.integrations", "treq",
    "requests_futures", "requests_toolbelt", "cloudscraper",
)  # fmt: skip

# Where a full name matches several rows, the first holds. `name(word)` is a call with that text as its first argument.
ROWS: tuple[Row, ...] = (
    # --- mail
    _row("django.core.mail", "send_mail send_mass_mail mail_admins mail_managers send send_messages", "mail"),
    _row("django.contrib.auth.models", "email_user", "mail"),
    _row("smtplib", "sendmail send_message", "mail"),
    _row("aiosmtplib", "send sendmail send_message", "mail"),
    _row("sendgrid", "send post", "mail"),
    _row("python_http_client", "post", "mail"),
    _row("anymail", "send", "mail"),
    _row("flask_mail", "send send_message", "mail"),
    _row("flask_mailman", "send send_mail send_mass_mail", "mail"),
    _row("flask_mailing", "send_message", "mail"),
    _row("fastapi_mail", "send_message", "mail"),
    _row("post_office.mail", "send send_many", "mail"),
    _row("post_office", "send send_many", "mail"),
    _row("templated_email", "send_templated_mail", "mail"),
    _row("templated_mail", "send", "mail"),
    _row("mail_templated", "send_mail send", "mail"),
    _row("emails", "send", "mail"),
    _row("yagmail", "send", "mail"),
    _row("resend", "send", "mail"),
    _row("postmarker", "send", "mail"),
    _row("mailjet_rest", "create", "mail"),
    _row("mandrill", "send send_template", "mail"),
    _row("boto3.client(ses)", "send_email send_raw_email send_templated_email send_bulk_templated_email", "mail"),
    _row("boto3.client(sesv2)", "send_email send_bulk_email", "mail"),
    # --- payments
    # Stripe's objects that move nothing: a second one is a nuisance at most.
    *(
        _row(f"stripe.{thing}", "create create_async", "http")
        for thing in (
            "Account", "AccountLink", "AccountSession", "billing", "billing_portal", "Coupon", "Customer", "CustomerSession",
            "EphemeralKey", "File", "FileLink", "identity", "LoginLink", "PaymentMethod", "Price", "Product", "PromotionCode",
            "reporting", "SetupIntent", "tax", "TaxRate", "TaxId", "terminal", "test_helpers", "Token", "WebhookEndpoint",
        )
    ),
    _row("stripe", "create create_async capture_async confirm_async pay_async finalize_invoice_async", "payment"),
    _row("stripe", "capture confirm refund pay finalize_invoice send_invoice create_reversal", "payment"),
    _row("braintree", "sale refund submit_for_settlement submit_for_partial_settlement create credit", "payment"),
    _row("paypalrestsdk", "create execute capture refund", "payment"),
    _row("paypalcheckoutsdk", "execute", "payment"),
    _row("Adyen", "payments authorise capture refund payouts_api", "payment"),
    _row("adyen", "payments authorise capture refund", "payment"),
    _row("mollie", "create", "payment"),
    _row("razorpay", "create capture refund", "payment"),
    _row("square", "create_payment refund_payment", "payment"),
    _row("authorizenet", "execute", "payment"),
    # --- messages
    _row(
        "slack_sdk", "chat_postMessage chat_postEphemeral chat_scheduleMessage files_upload files_upload_v2 send send_dict",
        "message"),
    _row("slack", "chat_postMessage chat_postEphemeral files_upload", "message"),
    _row("slackclient", "api_call", "message"),
    _row("slack_bolt", "chat_postMessage say", "message"),
    _row("twilio", "create create_async", "message"),
    _row("vonage", "send_message send", "message"),
    _row("nexmo", "send_message", "message"),
    _row("messagebird", "message_create", "message"),
    _row("boto3.client(sns)", "publish publish_batch", "message"),
    _row("boto3.client(sqs)", "send_message send_message_batch", "message"),
    _row("boto3.client(kinesis)", "put_record put_records", "message"),
    _row("boto3.client(events)", "put_events", "message"),
    _row("boto3.client(lambda)", "invoke", "message"),
    _row("boto3.resource(sns)", "publish", "message"),
    _row("boto3.resource(sqs)", "send_message send_messages", "message"),
    _row(
        "firebase_admin.messaging",
        "send send_all send_multicast send_each send_each_async send_each_for_multicast", "message"),
    _row("pyfcm", "notify notify_single_device notify_multiple_devices", "message"),
    _row("fcm_django", "send_message", "message"),
    _row("push_notifications", "send_message", "message"),
    _row("exponent_server_sdk", "publish publish_multiple", "message"),
    _row("pywebpush", "webpush send", "message"),
    _row("apns2", "send_notification send_notification_batch", "message"),
    _row("channels.layers", "group_send send", "message"),
    _row("kafka", "send", "message"),
    _row("aiokafka", "send send_and_wait", "message"),
    _row("confluent_kafka", "produce", "message"),
    _row("pika", "basic_publish", "message"),
    _row("google.cloud.pubsub_v1", "publish", "message"),
    _row("google.cloud.tasks_v2", "create_task", "message"),
    _row("redis", "publish xadd rpush lpush", "message"),
    _row("telegram", "send_message send_photo send_document", "message"),
    _row("telebot", "send_message send_photo send_document", "message"),
    _row("aiogram", "send_message", "message"),
    _row("discord", "send", "message"),
    _row("discord_webhook", "execute", "message"),
    _row("pusher", "trigger", "message"),
    # --- counters
    _row("redis", "incr incrby incrbyfloat decr decrby hincrby hincrbyfloat zincrby", "increment"),
    _row("django.core.cache", "incr decr aincr adecr", "increment"),
    # --- HTTP; `request` and `send` go by the method that they are given
    *(_row(package, "post patch", "http") for package in _HTTP),
    *(_row(package, "put delete", "http", False) for package in _HTTP),
    *(_row(package, "get head options", "read", False) for package in _HTTP),
    _row("frappe.integrations.utils", "make_post_request make_patch_request", "http"),
    _row("frappe.integrations.utils", "make_put_request", "http", False),
    _row("frappe.integrations.utils", "make_get_request", "read", False),
    _row("urllib.request", "urlopen urlretrieve", "read", False),
)  # fmt: skip

# Calls that are one of the above by the method that is their first argument, or `method=`.
REQUESTING = frozenset({"request", "stream", "urlopen"})
WRITES = {"POST": ("http", True), "PATCH": ("http", True), "PUT": ("http", False), "DELETE": ("http", False)}

# Packages whose methods and functions speak with another machine, so that each call of them may fail for that reason.
NETWORK = (
    *_HTTP, "urllib.request", "smtplib", "aiosmtplib", "ftplib", "imaplib", "poplib", "paramiko", "boto3", "aioboto3", "botocore",
    "stripe", "braintree", "paypalrestsdk", "Adyen", "adyen", "mollie", "razorpay", "slack_sdk", "slack", "twilio", "vonage",
    "firebase_admin", "pyfcm", "pywebpush", "sendgrid", "openai", "anthropic", "elasticsearch", "elasticsearch_dsl",
    "opensearchpy", "google.cloud", "googleapiclient", "github", "gitlab", "jira", "ldap", "ldap3", "telegram", "telebot",
    "django.core.mail", "django.core.files.storage", "anymail", "flask_mail", "post_office", "pysftp", "zeep", "suds",
    "simple_salesforce", "tweepy", "azure", "minio", "dropbox", "kafka", "pika", "hvac", "consul", "pusher",
    "exponent_server_sdk",
)  # fmt: skip
# How the names of what speaks begin; the rest only builds something. (Slack: they begin with their subject.)
SPEAKING = frozenset({
    "get", "post", "put", "patch", "delete", "head", "options", "request", "send", "sendmail", "create", "list", "fetch",
    "upload",
    "download", "retrieve", "modify", "execute", "publish", "call", "invoke", "open", "save", "exists", "charge", "capture",
    "refund", "confirm", "cancel", "pay", "sale", "void", "submit", "generate", "urlopen", "urlretrieve", "sendmessage", "login",
    "describe", "start", "stop", "run", "api", "chat", "conversations", "users", "usergroups", "files", "views", "team", "auth",
    "reactions", "bookmarks", "index", "bulk", "reindex", "authorise", "payments", "notify", "webpush", "produce", "basic",
    "mail", "raise", "stream", "email", "subscribe", "unsubscribe", "add", "remove",
})  # fmt: skip

# Keywords of a call that make the other side do it once: Stripe and others; SQS and SNS of the FIFO sort; slack_sdk.
KEYS = frozenset({
    "idempotency_key", "idempotencyKey", "idempotent_key", "MessageDeduplicationId", "dedup_key", "deduplication_id",
    "client_msg_id", "ClientToken", "ClientRequestToken", "request_id", "idempotence_key",
})  # fmt: skip
# The same in the body of a request, where Square and others want it. (`request_id` is there for the log.)
BODY_KEYS = KEYS - {"request_id"}
# The header of draft-ietf-httpapi-idempotency-key-header, and what PayPal and others call it.
HEADERS = frozenset({"idempotency-key", "x-idempotency-key", "paypal-request-id", "x-request-id", "idempotence-key"})

# Models whose rows say what happened: one for each run is what they are for.
JOURNALS = frozenset({
    "log", "logs", "history", "audit", "attempt", "event", "trace", "metric", "metrics", "stat", "stats", "statistic", "run",
    "execution", "snapshot", "activity", "heartbeat", "ping", "error", "failure", "logentry", "logitem", "logline",
})  # fmt: skip
# Words in the names of what says that something has been done already, and needs not be done again.
DONE = (
    r"(?:^|_)(?:sent|done|processed|handled|notified|finished|completed|complete|delivered|paid|charged|captured|refunded|"
    r"published|synced|exported|imported|claimed|already|duplicate|duplicated|seen|emailed|triggered|executed|deduplicate|dedup|"
    r"idempoten\w*|last_\w+|locked|lock)(?:_|$)"
)
# Functions of the project whose requests move money, and addresses of providers where money is moved.
PAYING = r"_*(?:charge|refund|payout|capture_payment|make_payment|send_payment|create_payment|pay_invoice|transfer_money)(?:_|$)"
PAYING_URL = r"/(?:charges|refunds|payouts|payments|payment_intents|transfers)(?:[/?]|$)"
