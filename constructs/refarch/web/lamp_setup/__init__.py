"""Sets a LAMP server up: MariaDB, PHP-FPM, Apache httpd and WordPress, from one file of settings.

The very files that an instance runs are the files that the tests run. They need Python 3.9 and its standard library,
the distribution's packages, and the AWS command line, by which the instance's role reads its secrets.
"""
