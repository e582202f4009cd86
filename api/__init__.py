"""The composition root: settings, pool, migrations, HTTP, web pages and the command line."""
