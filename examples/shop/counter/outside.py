"""Other people's services: the bank and the mail."""

import json
import smtplib
import urllib.request


def charge(order_id, cents):
    """Take money."""
    body = json.dumps({"order": order_id, "cents": cents}).encode()
    urllib.request.urlopen("https://pay.example/charges", data=body, timeout=10)


def charge_once(order_id, cents, key):
    """Take money, the first time that the bank sees this key."""
    body = json.dumps({"order": order_id, "cents": cents, "idempotency_key": key}).encode()
    urllib.request.urlopen("https://pay.example/charges", data=body, timeout=10)


def mail(address, text):
    """Send a mail."""
    with smtplib.SMTP("mail.example") as server:
        server.sendmail("shop@example.com", [address], text)
