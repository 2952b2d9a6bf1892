"""Celery's names, as data. Source: celery 5.7.0 and kombu 5.7.0, installed and read; older spellings from 3.1 and 4.4."""

from __future__ import annotations

APPS = frozenset({"celery.Celery", "celery.app.Celery", "celery.app.base.Celery"})
DECORATORS = frozenset({
    "celery.shared_task", "celery.app.shared_task", "celery.task", "celery.task.task", "celery.decorators.task",
    "celery.task.base.task", "celery.periodic_task", "celery.task.periodic_task", "celery.decorators.periodic_task",
})  # fmt: skip
TASK_BASES = frozenset({
    "celery.Task", "celery.app.task.Task", "celery.task.Task", "celery.task.base.Task", "celery.app.Task",
    "celery.contrib.django.task.DjangoTask", "celery_once.QueueOnce", "celery_singleton.Singleton",
})  # fmt: skip
CURRENT_APPS = frozenset({"celery.current_app", "celery._state.current_app"})
CRONTABS = frozenset({"celery.schedules.crontab", "celery.task.schedules.crontab"})
SIGNATURES = frozenset({"celery.signature", "celery.canvas.signature", "celery.subtask", "celery.canvas.subtask",
                        "celery.maybe_signature", "celery.canvas.maybe_signature"})  # fmt: skip
CANVAS = {
    "celery.chain": "chain", "celery.canvas.chain": "chain", "celery.group": "group", "celery.canvas.group": "group",
    "celery.chord": "chord", "celery.canvas.chord": "chord",
}  # fmt: skip
RESULTS = frozenset({"celery.result.AsyncResult", "celery.result.GroupResult", "celery.result.ResultSet"})
ALLOW_JOIN = frozenset({"celery.result.allow_join_result", "celery._state.allow_join_result"})

# Options of `@app.task`; they become attributes of the task class, and unknown ones are silently accepted.
TASK_OPTIONS = frozenset(
    "name base bind typing serializer max_retries default_retry_delay autoretry_for dont_autoretry_for retry_kwargs "
    "retry_backoff retry_backoff_max retry_jitter acks_late reject_on_worker_lost retry_on_worker_lost acks_on_failure "
    "acks_on_timeout acks_on_failure_or_timeout ignore_result store_errors_even_if_ignored throws rate_limit time_limit "
    "soft_time_limit expires priority queue exchange routing_key exchange_type delivery_mode compression pydantic "
    "pydantic_strict pydantic_context pydantic_dump_kwargs send_events send_error_emails track_started trail "
    "resultrepr_maxsize shared lazy filter type add_to_parent abstract backend request_stack Strategy Request "
    "after_return before_start on_failure on_success on_retry on_replace on_timeout autoregister from_config priority "
    "run_every relative options immutable mandatory accept_magic_kwargs default_retry_delay connect_timeout "
    "publisher __trace__ on_bound_task".split()
)

# Options of `apply_async`, `retry` and `signature(options=)`; unknown ones go to the message's properties in silence.
ENQUEUE_OPTIONS = frozenset(
    "args kwargs task_id producer link link_error shadow countdown eta expires queue exchange routing_key priority "
    "serializer compression retry retry_policy time_limit soft_time_limit ignore_result add_to_parent headers "
    "connection publisher root_id parent_id group_id group_index chord route_name reply_to router result_cls "
    "root_eager chain argsrepr kwargsrepr stamped_headers declare mandatory immediate delivery_mode delivery_info "
    "exchange_type evaluate origin ignored content_type content_encoding correlation_id message_id expiration "
    "replaced_task_nesting task_type create_sent_event app_id user_id timestamp type cluster_id reply_to "
    "callbacks errbacks timezone now immutable app retries timeout confirm_timeout event_dispatcher name".split()
)
# Names that options of a task have and options of an enqueue do not: there they do nothing.
TASK_ONLY = frozenset(
    "max_retries default_retry_delay autoretry_for retry_backoff retry_backoff_max retry_jitter acks_late bind base "
    "rate_limit reject_on_worker_lost retry_kwargs typing throws track_started".split()
)
# Methods of a task: an option of that name in a declaration takes the method's place.
TASK_METHODS = frozenset(
    "delay apply_async apply retry run s si signature subtask map starmap chunks replace update_state".split()
)

# Parameters of `Task.retry`; further keywords are options of the new message. RETRY_MEANT: what people write instead.
RETRY_OPTIONS = ("args", "kwargs", "exc", "throw", "eta", "countdown", "max_retries", "time_limit", "soft_time_limit")
RETRY_MEANT = {
    "ex": "exc", "err": "exc", "error": "exc", "exception": "exc", "e": "exc", "delay": "countdown", "wait": "countdown",
    "seconds": "countdown", "default_retry_delay": "countdown", "retry_delay": "countdown", "max_retry": "max_retries",
    "retries": "max_retries", "max_attempts": "max_retries", "attempts": "max_retries", "limit": "max_retries",
}  # fmt: skip

JOB_VERBS = frozenset({
    "delay", "apply_async", "s", "si", "signature", "subtask", "subtask_from_request", "map", "starmap", "chunks", "apply",
    "delay_on_commit", "apply_async_on_commit", "retry", "replace", "add_to_chord", "signature_from_request", "run",
})  # fmt: skip
SENDING = frozenset({"delay", "apply_async", "delay_on_commit", "apply_async_on_commit", "apply", "send_task"})
# Forms that take the job's arguments as a list and a dict.
LISTED = frozenset({"apply_async", "apply_async_on_commit", "apply", "signature", "subtask", "send_task"})
SIGNATURE_VERBS = frozenset({
    "delay", "apply_async", "set", "clone", "partial", "link", "link_error", "on_error", "apply", "freeze", "then",
    "delay_on_commit", "apply_async_on_commit", "skew", "replace", "add_to_chord",
})  # fmt: skip
RESULT_WAITS = frozenset({"get", "join", "join_native", "wait", "collect", "wait_for_pending"})
RESULT_POLLS = frozenset({"ready", "successful", "failed"})
CRON_FIELDS = ("minute", "hour", "day_of_week", "day_of_month", "month_of_year")

SETTINGS = {
    "task_serializer": "task_serializer", "CELERY_TASK_SERIALIZER": "task_serializer",
    "result_serializer": "result_serializer", "CELERY_RESULT_SERIALIZER": "result_serializer",
}  # fmt: skip
BEAT_NAMES = frozenset({"beat_schedule", "CELERY_BEAT_SCHEDULE", "CELERYBEAT_SCHEDULE"})
