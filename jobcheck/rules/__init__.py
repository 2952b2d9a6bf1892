"""The rules: one module each, grouped by what they are about."""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobcheck.rules.base import Rule

# Module (under jobcheck.rules) and class of every rule, in the order of the catalogue. JOB001, 002, 003 and 009 come
# from the engine and the suppressions themselves.
RULES: tuple[tuple[str, str], ...] = (
    ("arguments.unserializable", "UnserializableArgument"),
    ("arguments.lossy", "LossyArgument"),
    ("arguments.record_argument", "RecordArgument"),
    ("arguments.string_keys", "NonStringKey"),
    ("arguments.key_mismatch", "KeyMismatch"),
    ("arguments.oversized", "OversizedArgument"),
    ("arguments.host_bound", "HostBoundArgument"),
    ("arguments.unserializable_result", "UnserializableResult"),
    ("arguments.unpicklable_exception", "UnpicklableException"),
    ("arguments.mutated_argument", "MutatedArgument"),
    ("calls.signature_mismatch", "SignatureMismatch"),
    ("calls.keyword_arguments", "KeywordArguments"),
    ("calls.option_as_argument", "OptionAsArgument"),
    ("calls.argument_as_option", "ArgumentAsOption"),
    ("calls.malformed_args", "MalformedArgs"),
    ("calls.direct_call", "DirectCall"),
    ("calls.value_not_call", "ValueNotCall"),
    ("calls.bind_mismatch", "BindMismatch"),
    ("calls.async_mismatch", "AsyncMismatch"),
    ("calls.never_sent", "NeverSent"),
    ("calls.decorator_order", "DecoratorOrder"),
    ("calls.not_a_job", "NotAJob"),
    ("calls.unknown_option", "UnknownOption"),
    ("calls.canvas_misuse", "CanvasMisuse"),
    ("state.stale_read", "StaleRead"),
    ("state.mutable_module_state", "MutableModuleState"),
    ("state.ambient_context", "AmbientContext"),
    ("state.instance_state", "InstanceState"),
    ("state.lost_update", "LostUpdate"),
    ("state.vanished_record", "VanishedRecord"),
    ("state.clock_read", "ClockRead"),
    ("state.closed_resource", "ClosedResource"),
    ("delivery.missing_marker", "MissingMarker"),
    ("delivery.replayed_effect", "ReplayedEffect"),
    ("delivery.endless_retry", "EndlessRetry"),
    ("delivery.swallowed_retry", "SwallowedRetry"),
    ("delivery.retry_misuse", "RetryMisuse"),
    ("delivery.late_redelivery", "LateRedelivery"),
    ("delivery.waits_for_job", "WaitsForJob"),
    ("delivery.sleeps", "Sleeps"),
    ("delivery.check_then_act", "CheckThenAct"),
    ("delivery.shadowed_handler", "ShadowedHandler"),
    ("delivery.require_marker", "RequireMarker"),
    ("timing.enqueue_in_transaction", "EnqueueInTransaction"),
    ("timing.enqueue_before_save", "EnqueueBeforeSave"),
    ("timing.late_binding", "LateBinding"),
    ("timing.deferred_never_runs", "DeferredNeverRuns"),
    ("timing.naive_eta", "NaiveEta"),
    ("timing.enqueue_at_import", "EnqueueAtImport"),
    ("timing.enqueue_in_loop", "EnqueueInLoop"),
    ("wiring.schedule_pitfall", "SchedulePitfall"),
    ("wiring.unknown_job", "UnknownJob"),
    ("wiring.unimportable_job", "UnimportableJob"),
    ("wiring.unconsumed_queue", "UnconsumedQueue"),
    ("wiring.unregistered_module", "UnregisteredModule"),
    ("wiring.duplicate_name", "DuplicateName"),
    ("wiring.schedule_arguments", "ScheduleArguments"),
)


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every implemented rule, imported on first use."""
    found = []
    for module, name in RULES:
        found.append(getattr(importlib.import_module(f"jobcheck.rules.{module}"), name)())
    return tuple(found)
