"""The rows that the examples are about."""

from django.db import models


class Customer(models.Model):
    email = models.EmailField()


class Order(models.Model):
    email = models.EmailField(default="ada@example.org")
    status = models.CharField(max_length=20, default="new")
    customer = models.CharField(max_length=20, default="cus_1")
    total = models.IntegerField(default=40)
    charged = models.BooleanField(default=False)
    placed = models.DateTimeField(null=True)
    shop_id = models.IntegerField(default=1)

    def text(self):
        return f"You paid {self.total}."

    def as_json(self):
        return {"total": self.total}


class Report(models.Model):
    exported_by = models.ForeignKey(Customer, models.CASCADE, null=True)


class Invoice(models.Model):
    order_id = models.IntegerField(unique=False)


class Article(models.Model):
    title = models.CharField(max_length=100, default="A title")
    url = models.CharField(max_length=100, default="")


class Bill(models.Model):
    order_id = models.IntegerField(unique=True)
