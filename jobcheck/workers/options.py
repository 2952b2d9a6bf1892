"""The options of worker commands that take a value, as data; source: the commands' own help, installed and read."""

from __future__ import annotations

# Celery 5.7 (`celery`, `celery worker`, `celery multi`) with those of 3.1 and 4.4.
CELERY = frozenset(
    "-A --app -b --broker --result-backend --loader --config --workdir -n --hostname -S --statedb -l --loglevel "
    "--optimization --prefetch-multiplier -c --concurrency -P --pool --max-tasks-per-child --maxtasksperchild "
    "--max-memory-per-child --time-limit --soft-time-limit -X --exclude-queues -I --include --autoscale -f --logfile "
    "--pidfile --uid --gid --umask --executable -s --schedule --scheduler --heartbeat-interval -Q --queues --autoreload "
    "-O -Ofair --settings --pythonpath --verbosity".split()
) - {"-Ofair", "--autoreload"}
CELERY_FLAGS = frozenset(
    "-B --beat -E --events --task-events -D --detach --without-heartbeat --without-gossip --without-mingle --purge "
    "--discard --no-color -C -q --quiet --no-execv --skip-checks --disable-prefetch".split()
)
# rq 3.0 (`rq worker`, `rq worker-pool`), django-rq 4.2 (`rqworker`, `rqworker-pool`), Flask-RQ2 (`flask rq worker`).
RQ = frozenset(
    "-u --url -c --config -P --path -v_ -n --name --results-ttl --worker-ttl --maintenance-interval --job-monitoring-interval "
    "--logging-level --log-format --date-format --sentry-ca-certs --sentry-dsn --exception-handler --pid --max-jobs "
    "--max-idle-time -w --worker-class -j --job-class --queue-class --connection-class -S --serializer --dequeue-strategy "
    "--default-worker-ttl --timeout --settings --pythonpath -A --app --num-workers --job_class --verbosity".split()
) - {"-v_"}
# dramatiq 2.2 and `manage.py rundramatiq` of django-dramatiq 0.15.
DRAMATIQ = frozenset(
    "-p --processes -t --threads -P --path --pid-file --log-file -i --include_ --worker-shutdown-timeout "
    "--watch --worker-fork-timeout --settings --pythonpath --verbosity".split()
) - {"--include_"}
DRAMATIQ_LISTS = frozenset({"-Q", "--queues", "-P", "--path", "-f", "--fork-function", "-i", "--include-module"})
# procrastinate 3.9 (`procrastinate worker`, `manage.py procrastinate worker`).
PROCRASTINATE = frozenset(
    "-a --app -n --name -c --concurrency --wait --delete-jobs --fetch-job-polling-interval --shutdown-graceful-timeout "
    "--settings --pythonpath -q --queues".split()
)
