import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models


class Person(AbstractUser):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    nickname = models.CharField(max_length=30, null=True)
    born = models.DateField(null=True)


class Profile(models.Model):
    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="profile")
    bio = models.TextField()


class Passport(models.Model):
    holder = models.OneToOneField("Person", on_delete=models.CASCADE)
