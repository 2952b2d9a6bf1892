"""Django's own names, as data. Sources: Django 5.2's references of model fields, querysets and model instances."""

from __future__ import annotations

# What reading a field gives: the field's class, without its module, to the notation of `stdlib` ("" is not known).
FIELD_KINDS: dict[str, str] = {
    **dict.fromkeys(
        "AutoField BigAutoField SmallAutoField IntegerField BigIntegerField SmallIntegerField PositiveIntegerField "
        "PositiveBigIntegerField PositiveSmallIntegerField".split(), "int"),
    **dict.fromkeys(
        "CharField TextField SlugField EmailField URLField FilePathField GenericIPAddressField IPAddressField CICharField "
        "CIEmailField CITextField CommaSeparatedIntegerField".split(), "str"),
    "BooleanField": "bool", "NullBooleanField": "bool|none", "FloatField": "float", "DecimalField": "decimal",
    "DateField": "date", "DateTimeField": "datetime_aware", "TimeField": "time", "DurationField": "timedelta",
    "UUIDField": "uuid", "BinaryField": "bytes", "HStoreField": "dict", "FSMField": "str",
    # what their own libraries say of them
    "AutoSlugField": "str", "AutoCreatedField": "datetime_aware", "AutoLastModifiedField": "datetime_aware",
    "CreationDateTimeField": "datetime_aware", "ModificationDateTimeField": "datetime_aware", "MonitorField": "datetime_aware",
    "StatusField": "str", "ShortUUIDField": "str", "RandomCharField": "str", "UsageKeyField": "", "CourseKeyField": "",
    "JSONField": "", "ArrayField": "", "GeneratedField": "", "SearchVectorField": "", "IntegerRangeField": "",
    "BigIntegerRangeField": "", "DecimalRangeField": "", "DateTimeRangeField": "", "DateRangeField": "", "ManyToManyField": "",
    "CompositePrimaryKey": "",
}  # fmt: skip
FIELD_MODULES = ("django.db.models.", "django.contrib.postgres.fields.", "django.contrib.gis.db.models.")
ONE = frozenset({"ForeignKey", "OneToOneField", "ParentalKey", "TreeForeignKey", "TreeOneToOneField", "AutoOneToOneField"})
MANY = frozenset({"ManyToManyField", "ParentalManyToManyField", "TreeManyToManyField", "SortedManyToManyField"})
FILES = frozenset({"FileField", "ImageField"})
OPEN = frozenset({"GenericForeignKey", "GenericRelation"})
UNIQUE = frozenset({"OneToOneField", "TreeOneToOneField", "AutoOneToOneField"})
AUTO_KEYS = frozenset({"AutoField", "BigAutoField", "SmallAutoField"})
AUTO_NOW = frozenset({"ModificationDateTimeField", "AutoLastModifiedField"})
AUTO_ADD = frozenset({"CreationDateTimeField", "AutoCreatedField"})

# --- classes of models ----------------------------------------------------------------------------------------

# Models of libraries whose key is not an int.
LIBRARY_KEYS = {
    "django.contrib.sessions.models.Session": "str", "rest_framework.authtoken.models.Token": "str",
    "model_utils.models.UUIDModel": "uuid",
}  # fmt: skip
# Classes from outside the project that are models, for `solve.classes`.
MODEL_BASES = frozenset({
    "django.db.models.Model", "django.db.models.base.Model", "django.contrib.gis.db.models.Model",
    "django.contrib.auth.models.AbstractUser", "django.contrib.auth.models.AbstractBaseUser",
    "django.contrib.auth.base_user.AbstractBaseUser", "django.contrib.auth.models.User", "django.contrib.auth.models.Group",
    "django.contrib.auth.models.Permission", "django.contrib.auth.models.PermissionsMixin",
    "django.contrib.contenttypes.models.ContentType", "django.contrib.sites.models.Site",
    "django.contrib.sessions.models.Session", "django.contrib.sessions.base_session.AbstractBaseSession",
    "django.contrib.flatpages.models.FlatPage", "django.contrib.redirects.models.Redirect",
    "django.contrib.admin.models.LogEntry",
    "mptt.models.MPTTModel", "polymorphic.models.PolymorphicModel", "polymorphic_tree.models.PolymorphicMPTTModel",
    "treebeard.mp_tree.MP_Node", "treebeard.al_tree.AL_Node", "treebeard.ns_tree.NS_Node",
    "model_utils.models.TimeStampedModel", "model_utils.models.TimeFramedModel", "model_utils.models.StatusModel",
    "model_utils.models.SoftDeletableModel", "django_extensions.db.models.TimeStampedModel",
    "django_extensions.db.models.TitleSlugDescriptionModel", "django_extensions.db.models.ActivatorModel",
    "taggit.models.Tag", "taggit.models.TagBase", "taggit.models.TaggedItemBase", "taggit.models.GenericTaggedItemBase",
    "taggit.models.ItemBase", "wagtail.models.Page", "wagtail.core.models.Page", "wagtail.models.Orderable",
    "wagtail.models.Site", "wagtail.models.Collection", "wagtail.models.RevisionMixin", "wagtail.models.DraftStateMixin",
    "wagtail.images.models.Image", "wagtail.images.models.AbstractImage", "wagtail.documents.models.Document",
    "wagtail.documents.models.AbstractDocument", "modelcluster.models.ClusterableModel", "cms.models.CMSPlugin",
    "cms.models.pluginmodel.CMSPlugin", "parler.models.TranslatableModel", "hvad.models.TranslatableModel",
    "reversion.models.Version", "reversion.models.Revision", "simple_history.models.HistoricalChanges",
    "rest_framework.authtoken.models.Token", "oauth2_provider.models.AbstractApplication", "oauth2_provider.models.Application",
    "oauth2_provider.models.AccessToken", "config_models.models.ConfigurationModel", "solo.models.SingletonModel",
    "django_celery_beat.models.PeriodicTask", "django_celery_beat.models.CrontabSchedule",
    "django_celery_beat.models.IntervalSchedule", "django_celery_results.models.TaskResult", "safedelete.models.SafeDeleteModel",
    "ordered_model.models.OrderedModel", "adminsortable.models.SortableMixin", "allauth.account.models.EmailAddress",
    "allauth.socialaccount.models.SocialAccount", "organizations.models.Organization", "guardian.models.UserObjectPermission",
    "actstream.models.Action", "easy_thumbnails.models.Source", "social_django.models.UserSocialAuth",
    "django_tenants.models.TenantMixin", "django_tenants.models.DomainMixin", "tenant_schemas.models.TenantMixin",
    "psqlextra.models.PostgresModel", "computedfields.models.ComputedFieldsModel",
}) | LIBRARY_KEYS.keys()  # fmt: skip
# Bases that add no field of their own.
NOT_MODELS = frozenset({
    "object", "abc.ABC", "typing.Generic", "django_fsm.FSMModelMixin", "dirtyfields.DirtyFieldsMixin",
    "dirtyfields.dirtyfields.DirtyFieldsMixin", "model_utils.FieldTracker", "django_prometheus.models.ExportModelOperationsMixin",
})  # fmt: skip

# What models of libraries have besides: full name of the class to names and kinds.
_USER = {
    **dict.fromkeys(("username", "first_name", "last_name", "email", "password"), "str"),
    **dict.fromkeys(("is_staff", "is_active", "is_superuser"), "bool"), "date_joined": "datetime_aware",
    "last_login": "datetime_aware|none",
}  # fmt: skip
_BASE_USER = {"password": "str", "last_login": "datetime_aware|none"}
_TIMES = {"created": "datetime_aware", "modified": "datetime_aware"}
LIBRARY_FIELDS: dict[str, dict[str, str]] = {
    "django.contrib.auth.models.User": _USER, "django.contrib.auth.models.AbstractUser": _USER,
    "django.contrib.auth.models.AbstractBaseUser": _BASE_USER, "django.contrib.auth.base_user.AbstractBaseUser": _BASE_USER,
    "django.contrib.auth.models.PermissionsMixin": {"is_superuser": "bool"},
    "django.contrib.auth.models.Group": {"name": "str"},
    "django.contrib.auth.models.Permission": {"name": "str", "codename": "str"},
    "django.contrib.contenttypes.models.ContentType": {"app_label": "str", "model": "str"},
    "django.contrib.sites.models.Site": {"domain": "str", "name": "str"},
    "django.contrib.sessions.models.Session": {"session_key": "str", "session_data": "str", "expire_date": "datetime_aware"},
    "model_utils.models.TimeStampedModel": _TIMES, "django_extensions.db.models.TimeStampedModel": _TIMES,
    "rest_framework.authtoken.models.Token": {"key": "str", "created": "datetime_aware"},
    "wagtail.models.Page": {"title": "str", "slug": "str"}, "wagtail.core.models.Page": {"title": "str", "slug": "str"},
    "taggit.models.Tag": {"name": "str", "slug": "str"},
}  # fmt: skip
# What methods that Django gives to records return ("" is not known), and two attributes of users that are no fields.
RECORD_METHODS = {
    **dict.fromkeys("save save_base full_clean clean refresh_from_db validate_unique set_password".split(), "none"),
    "delete": "", "get_deferred_fields": "set[str]",
    **dict.fromkeys("get_full_name get_short_name get_username get_session_auth_hash".split(), "str"),
    **dict.fromkeys("check_password has_usable_password has_perm has_perms has_module_perms".split(), "bool"),
}  # fmt: skip
# Functions that give the user of the current request, or None.
CURRENT_USER = frozenset({
    "django.contrib.auth.authenticate", "crum.get_current_user", "django_currentuser.middleware.get_current_user",
    "django_currentuser.middleware.get_current_authenticated_user", "cuser.middleware.CuserMiddleware.get_user",
    "global_request.get_user", "auditlog.context.get_current_user",
})  # fmt: skip
USER_FLAGS = frozenset({"is_authenticated", "is_anonymous"})

# --- managers and querysets ------------------------------------------------------------------------------------

# Methods that give a queryset of the same rows, or of some of them.
CHAINED = frozenset({
    "all", "filter", "exclude", "annotate", "order_by", "reverse", "distinct", "select_related", "prefetch_related", "defer",
    "only", "using", "select_for_update", "union", "intersection", "difference", "alias", "none", "get_queryset",
    "complex_filter", "extra", "db_manager", "_chain", "_clone", "raw",
    # model_utils' and polymorphic's own
    "select_subclasses", "non_polymorphic", "instance_of", "not_instance_of",
})  # fmt: skip
# Methods that narrow by their keyword arguments.
NARROWING = frozenset({"filter", "get", "exclude", "aget", "complex_filter"})
RECORD = frozenset({"get", "latest", "earliest"})
CREATING = frozenset({"create", "create_user", "create_superuser", "get_by_natural_key"})
ROWS = frozenset({"values", "values_list", "dates", "datetimes"})
MAYBE = frozenset({"first", "last"})
PAIR = frozenset({"get_or_create", "update_or_create"})
PLAIN_RESULTS = {
    "count": "int", "exists": "bool", "update": "int", "bulk_update": "int", "explain": "str", "contains": "bool",
}  # fmt: skip
# Methods with an async twin of the same name with an `a` in front.
ASYNC = frozenset({
    "get", "create", "latest", "earliest", "first", "last", "get_or_create", "update_or_create", "count", "exists", "update",
    "bulk_update", "bulk_create", "in_bulk", "aggregate", "delete", "explain", "contains", "iterator", "add", "remove", "clear",
    "set", "save", "refresh_from_db",
})  # fmt: skip

# --- what they do to the database ------------------------------------------------------------------------------

# Methods of managers and querysets, by what they do.
QUERY_ACTS = {
    **dict.fromkeys(("get", "first", "last", "latest", "earliest", "in_bulk", "iterator", "aggregate"), "fetch"),
    "exists": "exists", "contains": "exists", "count": "count", "create": "create", "bulk_create": "create",
    "create_user": "create", "create_superuser": "create",
    "get_or_create": "upsert", "update_or_create": "upsert", "update": "update", "bulk_update": "update", "delete": "delete",
    "_raw_delete": "delete",
}  # fmt: skip
# Methods of related managers besides these.
# Names that are surely no methods giving querysets: they are not looked at.
CHANGING = frozenset({"append", "extend", "add", "items", "keys", "values", "get", "split", "strip", "join", "format"})
RELATED_ACTS = {"add": "upsert", "set": "upsert", "remove": "delete", "clear": "delete"}
RECORD_ACTS = {"save": "save", "save_base": "save", "delete": "delete", "refresh_from_db": "refresh"}
# Functions that evaluate a queryset that they are given.
EVALUATING = frozenset({
    "list", "tuple", "set", "frozenset", "sorted", "len", "bool", "next", "iter", "enumerate", "sum", "min", "max", "any", "all",
    "dict", "zip", "map", "filter", "reversed", "str", "repr",
})  # fmt: skip


def plain_method(name: str) -> str:
    """The name of a method without the `a` of its async twin."""
    return name[1:] if name[:1] == "a" and name[1:] in ASYNC else name


# --- forms and serializers -------------------------------------------------------------------------------------

CLEANING = {"serializer": "validate_", "form": "clean_"}  # what methods begin with that give a field its value
CLEANING_ALL = {"serializer": ("validate", "to_internal_value", "run_validation"), "form": ("clean",)}  # and all of them at once

# What validation gives for a field of a form or serializer ("" is not known).
FORM_KINDS: dict[str, str] = {
    **dict.fromkeys(
        "CharField EmailField SlugField URLField RegexField ChoiceField IPAddressField GenericIPAddressField "
        "FilePathField".split(), "str"),
    "IntegerField": "int", "FloatField": "float", "DecimalField": "decimal", "BooleanField": "bool",
    "NullBooleanField": "bool|none", "DateField": "date", "DateTimeField": "datetime_aware",
    "SplitDateTimeField": "datetime_aware", "TimeField": "time",
    "DurationField": "timedelta", "UUIDField": "uuid", "FileField": "uploaded_file", "ImageField": "uploaded_file",
    "MultipleChoiceField": "list[str]",
}  # fmt: skip
# Where serializers differ: choices are what they are declared as, several of them a set before REST framework 3.16.
REST_KINDS = {"ChoiceField": "", "MultipleChoiceField": "", "DictField": "dict", "HStoreField": "dict"}
RELATED_FIELDS = frozenset({
    "ModelChoiceField", "ModelMultipleChoiceField", "PrimaryKeyRelatedField", "SlugRelatedField", "HyperlinkedRelatedField",
})  # fmt: skip
# Fields of forms that give an empty value, and not None, when nothing is given.
NEVER_NONE = frozenset({
    "CharField", "EmailField", "SlugField", "URLField", "RegexField", "ChoiceField", "BooleanField", "MultipleChoiceField",
    "GenericIPAddressField", "FilePathField",
})  # fmt: skip
