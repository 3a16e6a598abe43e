"""A Django project with one application, and its migrations."""

from __future__ import annotations

from native_site import NativeSite

MANAGE = """\
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_settings")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
SETTINGS = """\
import os
from urllib.parse import parse_qs, unquote, urlsplit
url = urlsplit(os.environ["SHOP_URL"])
if url.scheme == "sqlite":
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": url.path}}
elif url.scheme == "mysql":
    import pymysql
    pymysql.version_info = (2, 2, 1, "final", 0)  # what Django asks of mysqlclient
    pymysql.install_as_MySQLdb()
    DATABASES = {"default": {
        "ENGINE": "django.db.backends.mysql", "NAME": url.path[1:], "USER": url.username,
        "PASSWORD": unquote(url.password),
        "OPTIONS": {"unix_socket": parse_qs(url.query)["socket"][0]}}}
else:
    DATABASES = {"default": {
        "ENGINE": "django.db.backends.postgresql", "NAME": url.path[1:], "USER": url.username,
        "PASSWORD": unquote(url.password), "HOST": unquote(url.netloc.rpartition("@")[2])}}
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "shop", "billing"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
"""
MIGRATION = """\
from django.db import migrations, models

{code}
class Migration(migrations.Migration):
    dependencies = [{after}]
    operations = [
        {operations}
    ]
"""
ORDERS = """migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True)),
            ("legacy", models.TextField(null=True)), ("note", models.TextField(blank=True))])"""
CHANNEL = 'migrations.AddField("order", "channel", models.TextField(null=True))'
LEGACY = 'migrations.RemoveField("order", "legacy")'
REFUNDS = """migrations.CreateModel("Refund", [("id", models.BigAutoField(primary_key=True)),
            ("order", models.ForeignKey("shop.Order", models.CASCADE))])"""
ONE_WAY = "migrations.RunPython(lambda apps, editor: None)"
MIGRATE = ("python3", "manage.py", "migrate", "--no-input")


class Shop(NativeSite):
    def project_files(self) -> None:
        self.put("manage.py", MANAGE)
        self.put("site_settings.py", SETTINGS)
        self.put("requirements.txt", "django\n")
        for app in ("shop", "billing"):
            self.put(f"{app}/__init__.py", "")
            self.put(f"{app}/migrations/__init__.py", "")

    def migration(
        self, name: str, operations: str, after: str = "", app: str = "shop", code: str = ""
    ) -> None:
        listed = ", ".join(
            f'("{part.split(".")[0]}", "{part.split(".")[1]}")' for part in after.split()
        )
        text = MIGRATION.format(operations=operations, after=listed, code=code)
        self.put(f"{app}/migrations/{name}.py", text)

    def applied(self, app: str = "shop") -> list[str]:
        query = f"SELECT name FROM django_migrations WHERE app = '{app}' ORDER BY name"
        return self.sql(query).split()
