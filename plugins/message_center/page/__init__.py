"""The Message Center page: what Airflow shows of us, and the JSON that it shows it from."""
