"""What is done in Airflow's metadata database, which is open to the DAG bundle and the API server alone."""
