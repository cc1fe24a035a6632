"""Accounts: from an Airflow connection to the registry that the DAG files read."""
