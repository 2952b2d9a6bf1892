"""Addresses of the shop."""

from django.urls import path

from orders import views

urlpatterns = [
    path("orders/<int:pk>/checkout/", views.checkout),
    path("orders/<int:pk>/cancel/", views.cancel),
    path("orders/<int:pk>/ship/", views.ship),
    path("orders/<int:pk>/invoice/", views.invoice),
]
