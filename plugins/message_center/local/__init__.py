"""The whole system on one machine: embedded PostgreSQL, Airflow's components, an SMTP sink and the demo."""
