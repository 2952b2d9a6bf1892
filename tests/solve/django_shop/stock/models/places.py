from django.db import models
from somewhere import BaseModel


class Shelf(BaseModel):
    row = models.IntegerField()
