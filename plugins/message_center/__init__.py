"""Message Center on Airflow: technical workflows of transactional messaging as DAGs over PostgreSQL."""

__version__ = "0.1.0"
