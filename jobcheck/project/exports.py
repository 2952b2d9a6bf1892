"""What `from library import *` brings, for the libraries that are commonly imported so: the names that classes of records
are declared with. Other names, and other libraries, stay unknown."""

from __future__ import annotations

STAR_NAMES: dict[str, frozenset[str]] = {
    "peewee": frozenset(
        "AutoField BareField BigAutoField BigBitField BigIntegerField BinaryUUIDField BitField BlobField BooleanField "
        "CharField CompositeKey Database DatabaseProxy DateField DateTimeField DecimalField DeferredForeignKey DoesNotExist "
        "DoubleField Field FixedCharField FloatField fn ForeignKeyField IdentityField IntegerField IntegrityError IPField "
        "JOIN ManyToManyField Model MySQLDatabase PostgresqlDatabase PrimaryKeyField SmallIntegerField SQL SqliteDatabase "
        "TextField TimeField TimestampField UUIDField".split()
    ),
    "mongoengine": frozenset(
        "Document EmbeddedDocument DynamicDocument DynamicEmbeddedDocument StringField URLField EmailField IntField LongField "
        "FloatField DecimalField BooleanField DateTimeField DateField ComplexDateTimeField EmbeddedDocumentField "
        "ObjectIdField GenericEmbeddedDocumentField DynamicField ListField SortedListField EmbeddedDocumentListField DictField "
        "MapField ReferenceField CachedReferenceField LazyReferenceField GenericLazyReferenceField GenericReferenceField "
        "BinaryField FileField ImageField GeoPointField PointField SequenceField UUIDField EnumField Decimal128Field "
        "connect disconnect QuerySet Q queryset_manager DoesNotExist NotUniqueError ValidationError".split()
    ),
    "sqlalchemy": frozenset(
        "ARRAY BigInteger Boolean CheckConstraint Column Computed Date DateTime Double Enum Float ForeignKey "
        "ForeignKeyConstraint Identity Index Integer Interval JSON LargeBinary MetaData Numeric PickleType "
        "PrimaryKeyConstraint SmallInteger String Table Text Time TypeDecorator Unicode UnicodeText UniqueConstraint Uuid "
        "and_ create_engine delete func insert or_ select text update".split()
    ),
    "sqlalchemy.orm": frozenset(
        "DeclarativeBase Mapped MappedAsDataclass Session aliased backref column_property declarative_base declared_attr "
        "deferred joinedload mapped_column relationship scoped_session selectinload sessionmaker synonym".split()
    ),
    "sqlmodel": frozenset("Field Relationship SQLModel Session create_engine select".split()),
}  # fmt: skip
