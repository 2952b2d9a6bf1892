AUTH_USER_MODEL = "people.Person"
USE_TZ = True
